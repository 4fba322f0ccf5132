using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>How the numbers of a node's input become others: by a constant, or where the data decides some of them, by arithmetic behind what computes them.</summary>
internal sealed class Renumbering
{
    private readonly int input;
    private readonly Tensor? constant;
    private readonly long[] times = [], over = [], plus = [];

    /// <param name="input">Its place.</param>
    /// <param name="constant">What it shall be, whatever the data.</param>
    public Renumbering(int input, Tensor constant) => (this.input, this.constant) = (input, constant);

    private Renumbering(int input, long[] times, long[] over, long[] plus) => (this.input, this.times, this.over, this.plus) = (input, times, over, plus);

    /// <summary>Null where the numbers follow by themselves.</summary>
    /// <param name="node">For messages.</param>
    /// <param name="input">Its place.</param>
    /// <param name="found">What it will be by itself, in each setting.</param>
    /// <param name="wanted">What it must be.</param>
    /// <param name="shape">Of the input; null: a vector.</param>
    /// <exception cref="SecateurException">No arithmetic leads from one to the other in every setting.</exception>
    public static Renumbering? Of(Node node, int input, long[]?[] found, long[]?[] wanted, long[]? shape = null)
    {
        if (wanted.Any(numbers => numbers is null)) return null;
        if (found.Zip(wanted).All(pair => pair.First is not null && pair.First.SequenceEqual(pair.Second!))) return null;
        if (found.Any(numbers => numbers is null))
            throw node.Error($"takes a size from '{node.Inputs[input]}', which the data decides; keep what it shrinks whole");
        if (wanted.All(numbers => numbers!.SequenceEqual(wanted[0]!)) && found.All(numbers => numbers!.SequenceEqual(found[0]!)))
            return new(input, shape is not null && shape.Product() == wanted[0]!.Length ? tensor(wanted[0]!).reshape(shape) : tensor(wanted[0]!));
        var count = wanted[0]!.Length;
        long[] times = new long[count], over = new long[count], plus = new long[count];
        for (var i = 0; i < count; i++)
        {
            var pairs = found.Zip(wanted, (have, want) => (Have: have![i], Want: want![i])).ToArray();
            (times[i], over[i], plus[i]) = pairs switch
            {
                _ when pairs.All(pair => pair.Have == pair.Want) => (1L, 1L, 0L),
                _ when pairs.All(pair => pair.Want == pairs[0].Want) => (0, 1, pairs[0].Want),
                _ when pairs.All(pair => pair.Have > 0 && pair.Want > 0 && pair.Have * pairs[0].Want == pair.Want * pairs[0].Have) => (pairs[0].Want, pairs[0].Have, 0),
                _ => throw node.Error($"takes a size from '{node.Inputs[input]}' in a way that cannot follow; keep what it shrinks whole"),
            };
        }
        return new(input, times, over, plus);
    }

    public void Write(Surgery surgery, Node node)
    {
        if (constant is not null)
        {
            node.Proto.Input[input] = surgery.Constant($"{node.Name}/{input}", constant, like: node.Inputs[input]);
            return;
        }
        var value = node.Proto.Input[input];
        if (times.Any(number => number != 1)) value = surgery.Before(node, "Mul", value, surgery.Constant($"{node.Name}/{input}/times", tensor(times)));
        if (over.Any(number => number != 1)) value = surgery.Before(node, "Div", value, surgery.Constant($"{node.Name}/{input}/over", tensor(over)));
        if (plus.Any(number => number != 0)) value = surgery.Before(node, "Add", value, surgery.Constant($"{node.Name}/{input}/plus", tensor(plus)));
        node.Proto.Input[input] = value;
    }
}
