using CsCheck;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Structure;
using Secateur.Testing;

namespace Secateur.Tests.Structure;

/// <summary>Chains of nodes that only move what a weight made: whatever is found free can go, and what does not fit is held.</summary>
public sealed class ChainTests
{
    [Fact]
    public void Any_chain_of_moves_keeps_the_law()
    {
        var free = 0;
        Gen.Int[0, 1 << 20].Sample(seed =>
        {
            using var network = Chain(new Random(seed));
            using var map = StructureMap.Of(network);
            if (!map.FreeDimensions().Any()) return;
            Interlocked.Increment(ref free);
            var random = new Random(seed + 1);
            Law.Check(map, Law.Draw(map, 0.5, random), [Law.Floats("x", random, 2, 5)], $"seed {seed}");
        }, iter: 150, threads: 1);
        Assert.True(free > 30, $"only {free} of 150 chains left something free");
    }

    /// <summary>A matrix product, moves, a weighing by constants, and the sum of all.</summary>
    private static Network Chain(Random random)
    {
        var width = random.GetItems([12L, 16, 24], 1)[0];
        List<NodeProto> nodes = [SmallGraphs.Node("MatMul", ["x", "w"], ["v0"])];
        List<TensorProto> numbers = [];
        long[] shape = [2, width];
        var value = "v0";
        for (var step = 1; step <= random.Next(2, 6); step++)
        {
            var (made, axis) = ($"v{step}", random.Next(shape.Length));
            switch (random.Next(5))
            {
                case 0:
                    shape = Divided(shape.Aggregate((one, other) => one * other), random);
                    numbers.Add(Law.Numbers($"{made}_shape", shape));
                    nodes.Add(SmallGraphs.Node("Reshape", [value, $"{made}_shape"], [made]));
                    break;
                case 1:
                    var order = Enumerable.Range(0, shape.Length).Select(place => (long)place).ToArray();
                    random.Shuffle(order);
                    shape = [.. order.Select(place => shape[place])];
                    nodes.Add(SmallGraphs.Node("Transpose", [value], [made], ("perm", order)));
                    break;
                case 2 when shape[axis] > 1:
                    var first = random.NextInt64(1, shape[axis]);
                    numbers.Add(Law.Numbers($"{made}_sizes", first, shape[axis] - first));
                    nodes.Add(SmallGraphs.Node("Split", [value, $"{made}_sizes"], [$"{made}_a", $"{made}_b"], ("axis", (long)axis)));
                    nodes.Add(SmallGraphs.Node("Concat", [$"{made}_b", $"{made}_a"], [made], ("axis", (long)axis)));
                    break;
                case 3 when shape[axis] > 2:
                    var (from, to) = (random.NextInt64(0, 2), random.NextInt64(2, shape[axis] + 1));
                    numbers.AddRange(Law.Numbers($"{made}_from", from), Law.Numbers($"{made}_to", to), Law.Numbers($"{made}_axis", axis));
                    nodes.Add(SmallGraphs.Node("Slice", [value, $"{made}_from", $"{made}_to", $"{made}_axis"], [made]));
                    shape = [.. shape[..axis], to - from, .. shape[(axis + 1)..]];
                    break;
                case 4 when shape.Aggregate((one, other) => one * other) < 200:
                    nodes.Add(SmallGraphs.Node("Concat", [value, value], [made], ("axis", (long)axis)));
                    shape = [.. shape[..axis], 2 * shape[axis], .. shape[(axis + 1)..]];
                    break;
                default:
                    nodes.Add(SmallGraphs.Node("Tanh", [value], [made]));
                    break;
            }
            value = made;
        }
        nodes.Add(SmallGraphs.Node("Mul", [value, "weights"], ["weighed"]));
        nodes.Add(SmallGraphs.Node("ReduceSum", ["weighed"], ["y"], ("keepdims", 0L)));
        return Law.Net([.. nodes], [("x", [2, 5])], [("w", [5, width]), ("weights", shape)], [.. numbers], ["y"], seed: random.Next());
    }

    /// <summary>A shape of so many elements.</summary>
    private static long[] Divided(long elements, Random random)
    {
        List<long> shape = [];
        while (elements > 1 && shape.Count < 3)
        {
            var divisors = Enumerable.Range(1, (int)elements).Where(one => elements % one == 0).Select(one => (long)one).ToArray();
            shape.Add(divisors[random.Next(divisors.Length)]);
            elements /= shape[^1];
        }
        return [.. shape, elements];
    }
}
