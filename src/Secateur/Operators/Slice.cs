using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Slice</c>: every steps[i]-th element from starts[i] to ends[i] along axes[i]; negative places count from the back,
/// negative steps go backwards.
/// </summary>
/// <remarks>All are attributes before operator set 10 (which has no steps), inputs since.</remarks>
internal sealed class Slice : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var y = inputs[0]!;
        var (starts, ends) = (node.Ints("starts", inputs, 1) ?? [], node.Ints("ends", inputs, 2) ?? []);
        var axes = node.Ints("axes", inputs, 3) ?? Front(starts.Length)!;
        var steps = node.Ints("steps", inputs, 4) ?? [.. Enumerable.Repeat(1L, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length || steps.Contains(0))
            throw node.Error("its starts, ends, axes and steps differ in number, or a step is 0; export the model again");
        for (var i = 0; i < axes.Length; i++)
        {
            var axis = node.Axis(axes[i], y.dim());
            var size = y.shape[axis];
            if (size == 0) continue;
            if (steps[i] > 0)
            {
                var (from, to) = (Place(starts[i], size, 0, size), Place(ends[i], size, 0, size));
                y = y.slice(axis, from, Math.Max(from, to), steps[i]);
            }
            else
            {
                // as ONNX Runtime has it, the greatest integer is the far end in either direction
                var end = ends[i] is int.MaxValue or long.MaxValue ? -1 : Place(ends[i], size, -1, size - 1);
                var from = Place(starts[i], size, 0, size - 1);
                y = y.index_select(axis, arange(from, Math.Min(from, end), steps[i], ScalarType.Int64));
            }
        }
        return [ReferenceEquals(y, inputs[0]) ? y.alias() : y];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        if ((node.Ints("axes", shapes, 3) ?? (node.HasInput(3) ? null : Front(node.Ints("starts", shapes, 1)?.Length))) is not { } axes)
        {
            ties.Block(node, shapes);
            return;
        }
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        int[] cut = [.. axes.Select(axis => node.Axis(axis, shapes[x].Length))];
        ties.AddAll(x, y, shapes, except: cut);
        foreach (var axis in cut)
        {
            ties.Block(new Axis(x, axis));
            ties.Block(new Axis(y, axis));
        }
    }

    /// <summary>The axes that are meant where none are named.</summary>
    private static long[]? Front(int? count) => count is { } known ? [.. Enumerable.Range(0, known)] : null;

    private static long Place(long place, long size, long low, long high) => Math.Clamp(place < 0 ? Math.Max(place + size, -1) : place, low, high);
}
