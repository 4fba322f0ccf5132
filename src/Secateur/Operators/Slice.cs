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
    public override string WhyWhole => "cuts it where the data decides, or skips indices of it";

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
            ties.Block(node);
            return;
        }
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        int[] cut = [.. axes.Select(axis => node.Axis(axis, shapes[x].Length))];
        ties.AddAll(x, y, except: cut);
        var (starts, ends, steps) = (node.Ints("starts", shapes, 1), node.Ints("ends", shapes, 2), node.Ints("steps", shapes, 4));
        foreach (var (place, axis) in cut.Index())
        {
            if (shapes[x][axis] == shapes[y][axis] && (steps?[place] ?? (node.HasInput(4) ? 0 : 1)) > 0) ties.Add(new(x, axis), new(y, axis));
            else if (starts is null || ends is null || shapes[y][axis] == 0 || (steps?[place] ?? (node.HasInput(4) ? 0 : 1)) != 1)
            {
                ties.Block(new Axis(x, axis));
                ties.Block(new Axis(y, axis));
            }
            else ties.AddPart(new(y, axis), new(x, axis), [(Place(starts[place], shapes[x][axis], 0, shapes[x][axis]), shapes[y][axis])]);
        }
    }

    public override IEnumerable<int> Sizes(Node node) => [1, 2];

    /// <summary>Bounds inside of an axis that shrinks move with what is left before them.</summary>
    public override void Mend(Node node, Mending mending)
    {
        var x = node.Inputs[0];
        var rank = mending.Before(x).Length;
        long[]?[] bounds = [node.HasInput(1) ? mending.Numbers(1) : node.Ints("starts"), node.HasInput(2) ? mending.Numbers(2) : node.Ints("ends")];
        if ((node.HasInput(3) ? mending.Numbers(3) : node.Ints("axes") ?? Front(bounds[0]?.Length)) is not { } axes) return;
        if (!axes.Any(axis => mending.Shrinks(new(x, node.Axis(axis, rank))))) return;
        foreach (var (which, told) in bounds.Index())
        {
            // where sizes are computed, what they were before tells the place
            var before = which + 1 < node.Inputs.Length && node.HasInput(which + 1) ? mending.NumbersBefore(which + 1) : told;
            if (told is null || before is null) throw node.Error("cuts an axis at a place that the data decides; keep that axis whole");
            long[] moved = [.. axes.Select((axis, place) => mending.Shrinks(new(x, node.Axis(axis, rank))) ? Moved(before[place], new(x, node.Axis(axis, rank))) : told[place])];
            if (node.HasInput(which + 1)) mending.Want(which + 1, moved);
            else mending.Want(which == 0 ? "starts" : "ends", moved);
        }

        long Moved(long place, Axis axis)
        {
            var size = mending.Before(x)[axis.Index];
            if (place >= size || place < -size) return place; // beyond the end, wherever that is
            return place >= 0 ? mending.Kept(axis, place) : mending.Kept(axis, place + size) - mending.After(x)[axis.Index] is var back && back == 0 ? mending.After(x)[axis.Index] : back;
        }
    }

    /// <summary>The axes that are meant where none are named.</summary>
    private static long[]? Front(int? count) => count is { } known ? [.. Enumerable.Range(0, known)] : null;

    private static long Place(long place, long size, long low, long high) => Math.Clamp(place < 0 ? Math.Max(place + size, -1) : place, low, high);
}
