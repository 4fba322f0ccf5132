using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Identity</c>: Y = X, which may be a sequence.</summary>
internal sealed class Identity : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.alias();

    internal override Func<AxisLayout, AxisLayout?> Relayout(Node node, Func<int, long[]?> integers) => layout => layout;

    internal override IDisposable[] RunValues(Node node, IDisposable?[] inputs, Mode mode, Subgraph run) => [inputs[0]!.Alias()];
}
