using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Shape</c>: the sizes of X's axes from <c>start</c> to <c>end</c>, int64.</summary>
internal sealed class Shape : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (start, count) = Part(node, inputs[0]!.dim());
        return [tensor(inputs[0]!.shape.AsSpan(start, count).ToArray(), ScalarType.Int64)];
    }

    /// <summary>The axes whose size is read may not shrink: who reads it may compute with it. The others are free.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var (start, count) = Part(node, shapes[x].Length);
        var read = Picked(shapes, y) ?? Enumerable.Range(0, count).Select(place => (long)place);
        foreach (var place in read) ties.Block(new Axis(x, start + node.Axis(place, count)));
        ties.Block(new Axis(y, 0));
    }

    /// <summary>The sizes that constant indices pick; null where they go elsewhere as well.</summary>
    private static IEnumerable<long>? Picked(Shapes shapes, string y)
    {
        var readers = shapes.Readers(y);
        return readers.Length > 0 && readers.All(reader => reader.OpType == "Gather" && reader.Inputs[0] == y && shapes.Integers(reader.Inputs[1]) is not null)
            ? readers.SelectMany(reader => shapes.Integers(reader.Inputs[1])!) : null;
    }

    private static (int Start, int Count) Part(Node node, long rank)
    {
        var (start, end) = (Place(node.Int("start")), Place(node.Int("end", rank)));
        return (start, Math.Max(0, end - start));

        int Place(long axis) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
    }
}
