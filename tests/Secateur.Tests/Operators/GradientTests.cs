using CsCheck;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Autograd against differences of the operator's own outputs, in float64.</summary>
public sealed class GradientTests
{
    private const double Step = 1e-6;

    public static TheoryData<string, bool> Differentiated =>
    [
        ("Add", false), ("Asinh", false), ("Atan", false), ("AveragePool", false), ("BatchNormalization", false),
        ("BatchNormalization", true), ("CenterCropPad", false), ("Clip", false), ("Col2Im", false), ("Conv", false),
        ("ConvTranspose", false), ("Cosh", false), ("CumSum", false), ("DeformConv", false), ("DepthToSpace", false), ("Det", false),
        ("Div", false), ("Einsum", false), ("Gather", false), ("GatherND", false), ("Gelu", false), ("Gemm", false),
        ("GlobalAveragePool", false), ("GlobalLpPool", false), ("GridSample", false), ("InstanceNormalization", true),
        ("LayerNormalization", false), ("LogSoftmax", false), ("LpNormalization", false), ("LpPool", false), ("MatMul", false),
        ("MaxPool", false), ("MaxUnpool", false), ("MeanVarianceNormalization", false), ("Mul", false), ("OneHot", false),
        ("PRelu", false), ("Pad", false), ("ReduceL2", false), ("ReduceLogSum", false), ("ReduceMean", false), ("ReduceProd", false),
        ("Resize", false), ("ReverseSequence", false), ("RoiAlign", false), ("ScatterElements", false), ("ScatterND", false),
        ("Shrink", false), ("Slice", false), ("Softmax", false), ("Swish", false), ("Tan", false), ("TopK", false), ("Unique", false),
        ("Upsample", false), ("Where", false),
        ("Attention", false), ("DFT", false), ("GRU", false), ("LSTM", false), ("NegativeLogLikelihoodLoss", false), ("RMSNormalization", false),
        ("RNN", false), ("RotaryEmbedding", false), ("STFT", false), ("SoftmaxCrossEntropyLoss", false), ("com.microsoft.Attention", false),
        ("com.microsoft.BiasGelu", false), ("com.microsoft.EmbedLayerNormalization", false), ("com.microsoft.FusedConv", false),
        ("com.microsoft.FusedGemm", false), ("com.microsoft.FusedMatMul", false), ("com.microsoft.GroupQueryAttention", false),
        ("com.microsoft.MatMulNBits", false), ("com.microsoft.MultiHeadAttention", false), ("com.microsoft.SkipLayerNormalization", false),
        ("com.microsoft.SkipSimplifiedLayerNormalization", false),
    ];

    [Theory, MemberData(nameof(Differentiated))]
    public void Equals_differences(string type, bool training)
    {
        foreach (var one in OperatorCase.All.Where(one => one.Type == type))
            Gen.Int.Sample(seed => Check(one, seed, new Mode(training)), iter: 4, threads: 1);
    }

    private static void Check(OperatorCase one, int seed, Mode mode)
    {
        using var scope = NewDisposeScope();
        var (model, operands) = one.Build(seed, constants: false);
        var node = model.Graph.Nodes[0];
        var byName = operands.ToDictionary(operand => operand.Name, Wide);
        var inputs = node.Inputs.Select(name => byName.GetValueOrDefault(name)).ToArray();
        // running statistics are no function's arguments: training overwrites them
        Tensor[] arguments = [.. inputs.Index().Where(input => node.OpType != "BatchNormalization" || input.Index < 3)
            .Select(input => input.Item).OfType<Tensor>().Where(input => input.is_floating_point() && input.numel() > 0)];
        if (arguments.Length == 0 || node.OpType is "Resize" && arguments.Length > 1) arguments = [.. arguments.Take(1)];
        foreach (var argument in arguments) argument.requires_grad_();
        var y = Run();
        if (!y.is_floating_point() || y.numel() == 0) return;
        if (!y.isfinite().all().item<bool>()) return; // a mean over no label at all has no gradient
        var direction = rand(y.shape, ScalarType.Float64);
        (y * direction).sum().backward();
        using var frozen = no_grad();
        foreach (var argument in arguments.Where(argument => argument.grad is not null))
        {
            var (elements, gradient) = (argument.detach().view(-1), argument.grad!.contiguous().view(-1));
            for (var i = 0L; i < Math.Min(elements.numel(), 20); i++)
            {
                var place = elements[i];
                place.add_(Step);
                var above = (Run() * direction).sum().item<double>();
                place.sub_(2 * Step);
                var below = (Run() * direction).sum().item<double>();
                place.add_(Step);
                Assert.Equal((above - below) / (2 * Step), gradient[i].item<double>(), 1e-4 * Math.Max(1, Math.Abs(above)));
            }
        }

        Tensor Run() => Operator.For(node, "").Run(node, inputs, mode)[0];
    }

    private static Tensor Wide(TensorProto operand)
    {
        var tensor = operand.ToTorch();
        return tensor.is_floating_point() ? tensor.to(ScalarType.Float64) : tensor;
    }
}
