using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>A window of a size: a sum of cosines, of one period more than it shows, or where <c>periodic</c> is 0 symmetric.</summary>
internal abstract class CosineWindow : Operator
{
    public override string WhyWhole => "makes a window of it";

    /// <summary>The factor of cos(2πk·n/N) for each k, from 0 on.</summary>
    protected abstract double[] Terms { get; }

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var size = node.Ints(inputs[0]!) is [var only] ? only : -1;
        node.Affordable([size]);
        var angle = arange(size, ScalarType.Float64) * (2 * Math.PI / (node.Flag("periodic", true) ? size : size - 1));
        var sum = Terms.Select((factor, k) => factor * (k * angle).cos()).Aggregate((all, next) => all + next);
        return [sum.to(TorchTensors.TypeOf((DataType)node.Int("output_datatype", (long)DataType.Float)))];
    }
}
