using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>SequenceMap</c>: runs <c>body</c> on the tensors at each place of the first sequence and of further ones as long, and on
/// tensors, which each run is given whole; each output is the sequence of what the runs made.
/// </summary>
internal sealed class SequenceMap : ControlFlow
{
    public override IDisposable[] Run(Node node, IDisposable?[] inputs, Subgraph run)
    {
        var places = node.Sequence(inputs, 0).Tensors.Length;
        if (inputs.Any(input => input is Sequence sequence && sequence.Tensors.Length != places))
            throw node.Error($"its sequences have {string.Join(" and ", inputs.OfType<Sequence>().Select(sequence => sequence.Tensors.Length).Distinct())} tensors; check the data's shape against the model's inputs");
        var rows = new IDisposable[places][];
        for (var place = 0; place < places; place++)
            rows[place] = Run(node, run, "body", [.. inputs.Select(input => input is Sequence sequence ? sequence.Tensors[place] : input!)], node.Outputs.Length);
        return [.. node.Outputs.Select((_, output) => new Sequence([.. rows.Select(row => node.Tensor(row, output))]))];
    }
}
