using CsCheck;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;
using DataType = Secateur.Onnx.Proto.TensorProto.Types.DataType;

namespace Secateur.Tests.Operators;

/// <summary>Operands, attributes and shapes that a broken file may hold.</summary>
public sealed class HostileOperandTests
{
    public static TheoryData<string> Types => OperatorTests.Types;

    /// <summary>Whatever it is given, a node gives a result or an error of ours; LibTorch ends no process.</summary>
    [Theory, MemberData(nameof(Types))]
    public void Gives_a_result_or_our_error(string type)
    {
        foreach (var one in OperatorCase.All.Where(one => one.Type == type)) Gen.Int.Sample(seed => Check(one, seed), iter: 8, threads: 1);
    }

    private static void Check(OperatorCase one, int seed)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (built, operands) = one.Build(seed, constants: false);
        var random = new Random(seed);
        var node = built.Proto.Graph.Node[0].Clone();
        for (var change = random.Next(1, 4); change > 0; change--) Break(random, node, operands);
        try
        {
            var model = SmallGraphs.Of(built.Proto.OpsetImport[0].Version, [node], operands, [], node.Output);
            using var network = new Network(model);
            network.Run(operands.ToDictionary(operand => operand.Name, operand => operand.ToTorch()));
        }
        catch (SecateurException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private static void Break(Random random, NodeProto node, TensorProto[] operands)
    {
        var kind = random.Next(6);
        if (kind < 3 && operands.Length > 0)
        {
            var place = random.Next(operands.Length);
            var old = operands[place];
            long[] shape = [.. old.Dims];
            var axis = shape.Length > 0 ? random.Next(shape.Length) : 0;
            if (kind == 0 && shape.Length > 0) shape[axis] = random.Next(0, 5);
            else if (kind == 1) shape = shape.Length > 0 && random.Next(2) == 0 ? [.. shape[..axis], .. shape[(axis + 1)..]] : [.. shape, random.Next(0, 3)];
            operands[place] = Filled(random, old, shape, kind == 2 ? (DataType[])[DataType.Float, DataType.Int64, DataType.Bool, DataType.Float16, DataType.Uint8] : [old.Type()]);
        }
        else if (kind == 3 && node.Input.Count > 1) node.Input[random.Next(1, node.Input.Count)] = "";
        else if (kind == 4 && node.Input.Count > 1) node.Input.RemoveAt(node.Input.Count - 1);
        else if (node.Attribute.Count > 0)
        {
            var attribute = node.Attribute[random.Next(node.Attribute.Count)];
            long[] odd = [-1, 0, 1, 2, 7, -9, 1 << 20, long.MaxValue, long.MinValue];
            attribute.I = odd[random.Next(odd.Length)];
            if (attribute.Ints.Count > 0 && random.Next(2) == 0) attribute.Ints[random.Next(attribute.Ints.Count)] = odd[random.Next(odd.Length)];
            else if (attribute.Ints.Count > 0) attribute.Ints.RemoveAt(0);
            attribute.F = random.Next(3) switch { 0 => 0, 1 => float.NaN, _ => -1e30f };
        }
    }

    /// <summary>Of another shape or type, with the old elements as far as they go, now and then an extreme one.</summary>
    private static TensorProto Filled(Random random, TensorProto old, long[] shape, DataType[] types)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        var type = types[random.Next(types.Length)];
        if (type == DataType.Int64)
        {
            var from = old.Type() == DataType.Int64 ? old.ToArray<long>() : [0];
            return SmallGraphs.Tensor<long>(old.Name, type, Elements(from, (long[])[-1, -77, 1 << 20, long.MaxValue]), shape);
        }
        if (type == DataType.Float)
        {
            var from = old.Type() == DataType.Float ? old.ToArray<float>() : [0.5f];
            return SmallGraphs.Tensor<float>(old.Name, type, Elements(from, (float[])[float.NaN, float.PositiveInfinity, -1e30f]), shape);
        }
        var bytes = new byte[count * Math.Max(1, TensorData.Width(type))];
        random.NextBytes(bytes);
        if (type == DataType.Bool) bytes = Array.ConvertAll(bytes, value => (byte)(value & 1));
        return SmallGraphs.Tensor<byte>(old.Name, type, bytes, shape);

        T[] Elements<T>(T[] from, T[] odd) =>
            [.. Enumerable.Range(0, (int)count).Select(place => random.Next(8) == 0 ? odd[random.Next(odd.Length)] : from.Length > 0 ? from[place % from.Length] : odd[0])];
    }
}
