using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>What a broken file or a wrong input is told; some of these LibTorch would answer by ending the process.</summary>
public sealed class FailureTests
{
    private const string Data = "check the data's shape against the model's inputs";
    private const string Places = "check the data against the model's inputs";
    private const string Export = "export the model again";

    public static TheoryData<string, long, TheoryOperand[], string, object?, string> Broken => new()
    {
        { "MatMul", 13, [F(2, 3, 4), F(2, 5, 6)], "", null, $"cannot multiply [2, 3, 4] by [2, 5, 6]; {Data}" },
        { "MatMul", 13, [F(2, 3, 4), F(3, 4, 5)], "", null, $"cannot multiply [2, 3, 4] by [3, 4, 5]; {Data}" },
        { "MatMul", 13, [F(), F(2)], "", null, $"cannot multiply [] by [2]; {Data}" },
        { "Gemm", 13, [F(2, 3, 4), F(4, 5)], "", null, "its operands have 3 and 2 axes, matrices are needed; flatten the input first" },
        { "Concat", 13, [F(2, 3)], "axis", 2L, $"axis 2 is not among the 2 axes of its input; {Data}" },
        { "Softmax", 13, [F(2, 3)], "axis", -3L, $"axis -3 is not among the 2 axes of its input; {Data}" },
        { "Squeeze", 13, [F(2, 1), I(0)], "", null, $"axis 0 is of size 2, not 1; {Data}" },
        { "Unsqueeze", 13, [F(2), I(1, 1)], "", null, $"its axes name one place twice; {Export}" },
        { "Reshape", 13, [F(2, 3), F(2)], "", null, $"a shape or axis is of type Float32, integers are needed; {Export}" },
        { "Reshape", 13, [F(6), I(2, 3, 0)], "", null, $"its shape keeps axis 2, but its input has 1 axes; {Export}" },
        { "Split", 13, [F(5), I(2, 2)], "", null, $"cannot cut axis 0 of size 5 into [2, 2]; {Data}" },
        { "Split", 18, [F(5)], "num_outputs", 1L << 40, $"is to make 1099511627776 outputs and has 1; {Export}" },
        { "Conv", 13, [F(1, 1, 4), F(1, 1, 2)], "pads", new long[] { 1L << 40, 0 }, $"a stride, dilation or padding is over 65,536; {Export}" },
        { "Expand", 13, [F(2, 3), I(4)], "", null, $"cannot expand [2, 3] to [4]; {Data}" },
        { "Slice", 13, [F(4), I(0), I(2), I(0), I(0)], "", null, $"its starts, ends, axes and steps differ in number, or a step is 0; {Export}" },
        { "Pad", 13, [F(4, 4), I(1, 1)], "", null, $"has 2 pads for 2 axes, two an axis are needed; {Data}" },
        { "Einsum", 13, [F(2, 3), F(4, 5)], "equation", "ij,jk->ik", "equation 'ij,jk->ik' does not fit inputs of shape [2, 3], [4, 5]; check the data's shape" },
        { "Einsum", 13, [F(2, 3)], "equation", "ij,jk->ik", "equation 'ij,jk->ik' does not fit inputs of shape [2, 3]; check the data's shape" },
        { "MaxPool", 13, [F(1, 1, 4, 4)], "kernel_shape", new long[] { 2 }, $"attribute kernel_shape has 1 entries for 2 spatial dimensions; {Export}" },
        { "MaxPool", 13, [F(4, 4)], "kernel_shape", new long[] { 2 }, "its input has 2 axes; pooling needs 3 to 5, check the data's shape" },
        { "AveragePool", 13, [F(1, 1, 4, 4)], "", null, $"attribute kernel_shape is missing; {Export}" },
        { "Conv", 13, [F(1, 1, 4, 4), F(1, 1, 2, 2)], "strides", new long[] { 0, 1 }, $"a stride, dilation or kernel size is below 1; {Export}" },
        { "Conv", 13, [F(4), F(1, 1, 2, 2)], "", null, "its input has 1 axes and its weight 4; 3 to 5 of both are needed, check the data's shape" },
        { "Conv", 13, [F(1, 1, 4, 4), F(1, 1, 2, 2)], "pads", new long[] { 1 }, $"attribute pads has 1 entries for 2 spatial dimensions; {Export}" },
        { "GroupNormalization", 21, [F(1, 4, 3), F(4), F(4)], "num_groups", 3L, "cannot divide the channels of [1, 4, 3] into 3 groups; check the data's shape" },
        { "DepthToSpace", 13, [F(1, 6, 2, 2)], "blocksize", 2L, "cannot spread the channels of [1, 6, 2, 2] over blocks of 2x2; check the data's shape" },
        { "SpaceToDepth", 13, [F(1, 1, 3, 2)], "blocksize", 2L, "cannot cut [1, 1, 3, 2] into blocks of 2x2; check the data's shape" },
        { "LRN", 13, [F(1, 4)], "size", 3L, "its input has 2 axes and its size is 3; 3 axes and a size of 1 are the least, check the data's shape" },
        { "Cast", 13, [F(2)], "to", 14L, $"casts to Complex64, which cannot be computed with; cut the node off and {Export}" },
        { "Range", 13, [I0(1), I0(5), I0(0)], "", null, $"its delta is 0 or a bound is infinite; {Export}" },
        { "Tile", 13, [F(2, 2), I(2)], "", null, "repeats is [2] for an input of 2 axes; one count of 0 or more an axis is needed" },
        { "ConstantOfShape", 13, [I(2, -1)], "", null, "its shape is [2, -1]; sizes of 0 or more are needed" },
        { "Resize", 13, [F(1, 1, 2, 2), N, N, I(1, 1, 4, 4)], "mode", "area", "attribute mode is 'area'; nearest, linear and cubic are known" },
        { "Resize", 13, [F(1, 1, 2, 2), N, N, I(1, 1, 4)], "", null, $"has not one scale or size for each of 4 axes; {Data}" },
        { "Resize", 13, [F(1, 1, 2, 2), N, N, I(1, 1, 4, -4)], "", null, $"asks for a tensor of shape [1, 1, 4, -4]; {Places}, or {Export}" },
        { "Resize", 13, [F(1, 1, 2, 2), N, N, I(1, 1, 4, 0)], "", null, "cannot resize axis 3 from 2 to 0; check the data's shape" },
        { "Tile", 13, [F(2, 2), I(1 << 20, 1 << 20)], "", null, $"asks for a tensor of shape [2097152, 2097152]; {Places}, or {Export}" },
        { "Resize", 13, [F(1, 1, 2, 2), N, N, I(1, 1, 4, 4)], "coordinate_transformation_mode", "tf_crop_and_resize",
            $"its second input does not give the part to resize as two numbers an axis; {Export}" },
        { "Upsample", 9, [F(1, 1, 2, 2), F(2)], "", null, $"has not one scale for each of 4 axes; {Data}" },
        { "Gather", 13, [F(4), I(1, 4)], "", null, $"index 4 is outside of an axis of size 4; {Places}" },
        { "GatherElements", 13, [F(4), I(-5)], "", null, $"index -5 is outside of an axis of size 4; {Places}" },
        { "GatherElements", 13, [F(4, 1), I(0)], "", null, "cannot look up [1] in [4, 1]; check the data's shape" },
        { "GatherND", 13, [F(4), I(7)], "", null, $"index 7 is outside of an axis of size 4; {Places}" },
        { "GatherND", 13, [F(4), I(0, 1)], "", null, "cannot look up [2] in [4] over 0 batch axes; check the data's shape" },
        { "ScatterElements", 18, [F(4), I(4), F(1)], "", null, $"index 4 is outside of an axis of size 4; {Places}" },
        { "ScatterElements", 18, [F(4), I(0), F(2)], "", null, "cannot write updates [2] by indices [1] into [4]; check the data's shape" },
        { "ScatterElements", 18, [F(4), I(0), F(1)], "reduction", "mean", $"attribute reduction is 'mean'; none, add, mul, max and min are known, {Export}" },
        { "ScatterND", 18, [F(4), I(-9), F()], "", null, $"index -9 is outside of an axis of size 4; {Places}" },
        { "ScatterND", 18, [F(4, 2), I(0), F(3)], "", null, "cannot write updates [3] by indices [1] into [4, 2]; check the data's shape" },
        { "Compress", 11, [F(2), F(3)], "axis", 0L, "its condition is [3] for an axis of size 2; check the data's shape" },
        { "OneHot", 11, [I(1), I(-2), F(2)], "", null, $"its depth is not one number of 0 or more, or its values are not two; {Export}" },
        { "TopK", 11, [F(3), I(4)], "", null, "cannot take 4 of the 3 elements of axis 0; check the data's shape" },
        { "TopK", 7, [F(3)], "", null, "cannot take -1 of the 3 elements of axis 0; check the data's shape" },
        { "ReverseSequence", 10, [F(3, 2), I(1, 4)], "", null, "its lengths do not fit 2 examples of 3 steps; check the data's shape" },
        { "NonMaxSuppression", 11, [F(1, 3, 4), F(1, 1, 2)], "", null, "its boxes [1, 3, 4] and scores [1, 1, 2] do not fit each other; check the data's shape" },
        { "NonMaxSuppression", 11, [F(1, 3, 4), F(1, 1, 3), I(1, 2)], "", null, $"a limit of it is not one number; {Export}" },
        { "RoiAlign", 16, [F(1, 1, 4, 4), F(1, 4), I(0, 0)], "", null, "cannot cut 1x1 cells out of [1, 1, 4, 4] by regions [1, 4]; check the data's shape" },
        { "RoiAlign", 16, [F(1, 1, 4, 4), F(1, 4), I(1)], "", null, $"index 1 is outside of an axis of size 1; {Places}" },
        { "RoiAlign", 16, [F(1, 1, 4, 4), F(1, 4), I(0)], "sampling_ratio", 1L << 40, $"a region of it is 0 long; {Places}" },
        { "MaxRoiPool", 7, [F(1, 1, 4, 4), F(1, 4)], "pooled_shape", new long[] { 2, 2 }, "cannot cut cells out of [1, 1, 4, 4] by regions [1, 4]; check the data's shape" },
        { "MaxUnpool", 11, [F(1, 1, 1), new([1, 1, 1], [9]), I(1, 1, 4)], "", null, $"index 9 is outside of an axis of size 4; {Places}" },
        { "MaxUnpool", 11, [F(1, 1, 2), new([1, 1, 1], [0]), I(1, 1, 4)], "", null, "cannot spread [1, 1, 2] by indices [1, 1, 1] over [1, 1, 4]; check the data's shape" },
        { "LpPool", 18, [F(1, 1, 2)], "kernel_shape", new long[] { 3 }, $"its kernel is larger than the padded input of 2; {Data}" },
        { "Det", 11, [F(2, 3)], "", null, "its input [2, 3] holds no square matrices; check the data's shape" },
        { "EyeLike", 9, [F(2)], "", null, "its input has 1 axes, a matrix is needed; check the data's shape" },
        { "BitShift", 11, [I(2), I(1)], "direction", "UP", $"attribute direction is 'UP'; LEFT and RIGHT are known, {Export}" },
        { "GridSample", 16, [F(1, 1, 2, 2), F(2, 1, 1, 2)], "", null, "cannot sample [1, 1, 2, 2] at places [2, 1, 1, 2]; check the data's shape" },
        { "GridSample", 20, [F(1, 1, 2, 2, 2), F(1, 1, 1, 1, 3)], "mode", "cubic",
            "attribute mode is 'cubic', which is not known for 3 spatial dimensions; linear and nearest are" },
        { "GridSample", 16, [F(1, 1, 2, 2), F(1, 1, 1, 2)], "padding_mode", "wrap", $"attribute padding_mode is 'wrap'; zeros, border and reflection are known, {Export}" },
        { "AffineGrid", 20, [F(1, 2, 3), I(1, 1, 2, 2, 2)], "", null, "its theta [1, 2, 3] does not fit pictures [1, 1, 2, 2, 2]; check the data's shape" },
        { "CenterCropPad", 18, [F(4, 4), I(2)], "", null, $"its shape [2] is not one size for each of 2 axes; {Export}" },
        { "Col2Im", 18, [F(1, 4, 3), I(3, 3), I(2, 2)], "", null, "cannot add [1, 4, 3] up into pictures [3, 3]; check the data's shape" },
        { "DeformConv", 19, [F(1, 1, 3, 3), F(1, 1, 2, 2), F(1, 4, 2, 2)], "", null,
            "its weight [1, 1, 2, 2] and offset [1, 4, 2, 2] do not fit [1, 1, 3, 3]; check the data's shape" },
        { "Gelu", 20, [F(2)], "approximate", "sigmoid", $"attribute approximate is 'sigmoid'; 'none' and 'tanh' are known, {Export}" },
        { "LSTM", 14, [F(3, 1, 2), F(1, 8, 3), F(1, 8, 2)], "", null, $"X [3, 1, 2], W [1, 8, 3] and R [1, 8, 2] do not fit 1 directions of 4 gates; {Data}" },
        { "GRU", 14, [F(3, 1, 2), F(1, 6, 2), F(1, 6, 2), F(1, 6)], "", null, $"B has shape [1, 6], [1, 12] is needed; {Export}" },
        { "RNN", 14, [F(3, 1, 2), F(1, 2, 2), F(1, 2, 2), N, I(4)], "", null, "sequence_lens is [4] for a batch of 1 and 3 steps; one length within them a sequence is needed" },
        { "RNN", 14, [F(3, 1, 2), F(1, 2, 2), F(1, 2, 2)], "direction", "sideways", $"attribute direction is 'sideways'; forward, reverse and bidirectional are known, {Export}" },
        { "RNN", 14, [F(3, 1, 2), F(1, 2, 2), F(1, 2, 2)], "activations", new[] { "Tanh", "Tanh" }, $"names 2 activations, 1 for each of 1 directions are needed; {Export}" },
        { "Attention", 23, [F(1, 2, 3, 4), F(1, 2, 3, 5), F(1, 2, 3, 5)], "", null, $"queries [1, 2, 3, 4], keys [1, 2, 3, 5] and values [1, 2, 3, 5] do not fit each other; {Data}" },
        { "Attention", 23, [F(1, 2, 3, 4), F(1, 2, 3, 4), F(1, 2, 3, 4), F(2, 3)], "", null, "its mask of shape [2, 3] does not fit scores of [1, 2, 3, 3]; check the data's shape" },
        { "Attention", 23, [F(1, 3, 4), F(1, 3, 4), F(1, 3, 4)], "q_num_heads", 3L, $"cannot divide [1, 3, 4] into 3 heads; {Data}" },
        { "RotaryEmbedding", 23, [F(1, 2, 3, 4), F(5, 2), F(5, 2), I(7)], "", null, "its positions of shape [1] are not rows of a cache of [5, 2]; check the data" },
        { "QuantizeLinear", 13, [F(2, 3), F(2)], "axis", 1L, $"a scale or zero point of [2] does not fit [2, 3] along axis 1; {Export}" },
        { "SoftmaxCrossEntropyLoss", 13, [F(2, 3), I(0, 3)], "", null, "a label is not among the 3 classes; check the data" },
        { "STFT", 17, [F(1, 4, 1), I0(1), N, I0(5)], "", null, $"cannot cut [1, 4] into frames of 5 every 1; {Data}" },
        { "DFT", 17, [F(1, 4, 1), I0(0)], "", null, "its transform has length 0; 1 is the least, check the data's shape" },
        { "RandomNormal", 13, [], "shape", new long[] { 2, -1 }, "asks for a tensor of shape [2, -1]; check the data against the model's inputs, or export the model again" },
    };

    private static TheoryOperand N => new(null, null);

    [Theory, MemberData(nameof(Broken))]
    public void Names_the_node_the_fault_and_the_mend(string type, long opset, TheoryOperand[] operands, string attribute, object? value, string message)
    {
        using var scope = NewDisposeScope();
        var names = operands.Select((operand, index) => operand.Shape is null && operand.Integers is null ? "" : $"in{index}").ToArray();
        var node = SmallGraphs.Of(opset, [SmallGraphs.Node(type, names, ["y"], value is null ? [] : [(attribute, value)])],
            names.Where(name => name.Length > 0).Select(name => TensorData.Of(name, [0f], 1)), [], ["y"]).Graph.Nodes[0];
        var error = Assert.Throws<SecateurException>(() => Operator.For(node, "").Run(node, [.. operands.Select(operand => operand.ToTorch())], default));
        Assert.Equal($"node '{type.ToLowerInvariant()}' ({type}): {message}", error.Message);
    }

    [Fact]
    public void Unknown_operator_names_the_file_and_the_mend()
    {
        var model = SmallGraphs.Of(13, [SmallGraphs.Node("Hardmax2", ["x"], ["y"])], [TensorData.Of("x", [0f], 1)], [], ["y"]);
        var error = Assert.Throws<SecateurException>(() => new Network(model));
        Assert.Equal("small.onnx: node 'hardmax2' is of the unknown type Hardmax2; export the model with ONNX's standard operators", error.Message);
    }

    private static TheoryOperand F(params long[] shape) => new(shape, null);

    private static TheoryOperand I(params long[] values) => new([values.Length], values);

    private static TheoryOperand I0(long value) => new([], [value]);

    /// <summary>Ones of a shape, or integers; neither: left out.</summary>
    public sealed record TheoryOperand(long[]? Shape, long[]? Integers)
    {
        public Tensor? ToTorch() => Integers is not null ? tensor(Integers).reshape(Shape!) : Shape is not null ? ones(Shape) : null;

        public override string ToString() => Integers is not null ? $"({string.Join(", ", Integers)})" : Shape is not null ? $"[{string.Join(", ", Shape)}]" : "none";
    }
}
