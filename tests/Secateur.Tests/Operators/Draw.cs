using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Tests.Operators;

/// <summary>Draws the operands and attributes of a case.</summary>
internal sealed class Draw(Random random, long opset)
{
    public long Opset => opset;

    public bool Flag() => random.Next(2) == 1;

    public long Int(long low, long high) => random.NextInt64(low, high + 1);

    public T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];

    public long[] Ints(int count, long low, long high) => [.. Enumerable.Range(0, count).Select(_ => Int(low, high))];

    /// <summary>One to four axes of one to five.</summary>
    public long[] Shape() => Ints(random.Next(1, 5), 1, 5);

    /// <summary>The shape with some axes of size 1 and some leading ones left out: broadcast with it, the shape remains.</summary>
    public long[] Narrowed(long[] shape) => [.. shape.Skip(random.Next(shape.Length)).Select(size => random.Next(3) == 0 ? 1 : size)];

    /// <summary>The axis, counted from either end.</summary>
    public long Axis(long axis, long rank) => Flag() ? axis : axis - rank;

    public long[] Shuffled(int count)
    {
        var order = Enumerable.Range(0, count).Select(place => (long)place).ToArray();
        random.Shuffle(order);
        return order;
    }

    public TensorProto Floats(long[] shape, float low = -2, float high = 2) =>
        SmallGraphs.Tensor("", DataType.Float, Values(shape, () => low + (high - low) * random.NextSingle()), shape);

    public TensorProto Int64(long[] shape, long low, long high) => SmallGraphs.Tensor("", DataType.Int64, Values(shape, () => Int(low, high)), shape);

    public TensorProto Int32(long[] shape, int low, int high) => SmallGraphs.Tensor("", DataType.Int32, Values(shape, () => (int)Int(low, high)), shape);

    public TensorProto Bytes(long[] shape, byte high = 255) => SmallGraphs.Tensor("", DataType.Uint8, Values(shape, () => (byte)Int(0, high)), shape);

    public TensorProto Int8(long[] shape, int low = sbyte.MinValue, int high = sbyte.MaxValue) =>
        SmallGraphs.Tensor("", DataType.Int8, Values(shape, () => (sbyte)Int(low, high)), shape);

    public TensorProto Bools(long[] shape) => SmallGraphs.Tensor("", DataType.Bool, Values(shape, Flag), shape);

    public static TensorProto Vector(params long[] values) => SmallGraphs.Tensor("", DataType.Int64, new ReadOnlySpan<long>(values), values.Length);

    public static TensorProto Scalar(float value) => SmallGraphs.Tensor("", DataType.Float, [value]);

    public static TensorProto Scalar(long value) => SmallGraphs.Tensor("", DataType.Int64, [value]);

    private static ReadOnlySpan<T> Values<T>(long[] shape, Func<T> next) =>
        Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(_ => next()).ToArray();
}
