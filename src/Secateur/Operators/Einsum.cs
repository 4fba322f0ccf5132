using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Einsum</c>: Einstein's summation of the operands by <c>equation</c>, such as <c>bhqd,bhkd->bhqk</c>; an ellipsis stands
/// for batch axes.
/// </summary>
internal sealed class Einsum : Operator
{
    public override string WhyWhole => "broadcasts it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        Sizes(node, [.. inputs.Select(input => input!.shape)]);
        return [einsum(Equation(node), Array.ConvertAll(inputs, input => input!))];
    }

    /// <summary>
    /// A constant is a weight whose outputs are counted by the last of its axes that no other operand has; without one it is a scale.
    /// </summary>
    public override IEnumerable<Learned> Learned(Node node)
    {
        var terms = Terms(node);
        for (var input = 0; input < terms.Length; input++)
        {
            var others = string.Concat(terms.Where((_, other) => other != input));
            var own = terms[input].LastIndexOfAny([.. terms[input].Except(others)]);
            if (terms[input].Contains('.')) yield return new(input, LearnedKind.Scale, Smallest: 2);
            else yield return own < 0 ? new(input, LearnedKind.Scale, Smallest: 2) : new(input, LearnedKind.Weight, own, Rank: terms[input].Length);
        }
    }

    /// <summary>As if all operands were multiplied in one loop over all labels; none for a single operand.</summary>
    public override long Macs(Node node, Shapes shapes) => node.Inputs.Length == 1 ? 0
        : Sizes(node, [.. node.Inputs.Select(input => shapes[input].ToArray())]).Values.Aggregate(1L, (product, size) => product * size);

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        string[] terms = [.. Terms(node), Result(node)];
        var places = terms.Zip([.. node.Inputs, node.Outputs[0]]).SelectMany(term => Labels(term.First, shapes[term.Second].Length)
            .Select((label, axis) => (Label: label, Axis: new Axis(term.Second, axis))));
        var products = node.Inputs.Count(input => !ties.IsConstant(input)) > 1;
        foreach (var label in places.GroupBy(place => place.Label, place => place.Axis))
        {
            var size = label.Max(axis => shapes[axis.Tensor][axis.Index]);
            Axis[] axes = [.. label.Where(axis => shapes[axis.Tensor][axis.Index] == size)]; // others are broadcast to it
            foreach (var axis in axes.Skip(1)) ties.Add(axes[0], axis);
            var stays = label.Any(axis => axis.Tensor == node.Outputs[0]);
            if (!stays && axes.FirstOrDefault(axis => axis.Tensor != axes[0].Tensor) is { Tensor: not null } other) ties.Contract(axes[0], other);
            else if (!stays) ties.Sum(axes[0]);
            if (products) ties.Note(axes[0], label.Count() > 2 && stays ? Roles.Head : Roles.HeadSize);
        }
    }

    private static string Equation(Node node) => node.Text("equation").Replace(" ", "");

    private static string[] Terms(Node node) => Equation(node).Split("->")[0].Split(',');

    /// <summary>Where the equation names none: the ellipsis, then the labels that are there once, in the alphabet's order.</summary>
    private static string Result(Node node) => Equation(node).Split("->") is [_, var result] ? result
        : (Equation(node).Contains('.') ? "..." : "") + string.Concat(string.Concat(Terms(node)).Where(char.IsLetter)
            .GroupBy(label => label).Where(label => label.Count() == 1).Select(label => label.Key).Order());

    /// <summary>Of each axis; an ellipsis' are labelled by their place from its end.</summary>
    private static string[] Labels(string term, int rank)
    {
        var free = term.Contains("...") ? rank - (term.Length - 3) : 0;
        return [.. term.Replace("...", ".").SelectMany(label => label == '.'
            ? Enumerable.Range(0, Math.Max(0, free)).Select(place => $"...{free - place}") : [label.ToString()])];
    }

    /// <summary>The size of each label.</summary>
    private static Dictionary<string, long> Sizes(Node node, long[][] shapes)
    {
        var terms = Terms(node);
        if (terms.Length != shapes.Length) throw Mismatch();
        Dictionary<string, long> sizes = [];
        foreach (var (term, shape) in terms.Zip(shapes))
        {
            var labels = Labels(term, shape.Length);
            if (labels.Length != shape.Length) throw Mismatch();
            foreach (var (label, size) in labels.Zip(shape))
            {
                if (sizes.TryGetValue(label, out var known) && known != size && known != 1 && size != 1) throw Mismatch();
                sizes[label] = Math.Max(size, sizes.GetValueOrDefault(label));
            }
        }
        return sizes;

        SecateurException Mismatch()
        {
            var given = string.Join(", ", shapes.Select(shape => $"[{string.Join(", ", shape)}]"));
            return node.Error($"equation '{Equation(node)}' does not fit inputs of shape {given}; check the data's shape");
        }
    }
}
