using CsCheck;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests;

public sealed class SparseTensorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<DataType> FixedWidth => [.. Enum.GetValues<DataType>().Where(type => TensorData.Width(type) > 0)];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Packed_and_made_dense_again_is_the_same_tensor() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[1, 3]).SelectMany((a, b, c) => Gen.Select(
            Gen.Const((a, b, c)), Gen.Frequency((3, Gen.Const(0f)), (1, Gen.Float)).Array[a * b * c])).Sample((shape, values) =>
        {
            var dense = TensorData.Of("w", [.. values.Select(value => value == 0 ? 0 : value)], shape.a, shape.b, shape.c);
            var sparse = SparseTensor.FromDense(dense);
            Assert.Equal(values.Count(value => value != 0), sparse.Values.Count());
            Assert.Equal(dense, SparseTensor.ToDense(sparse, "w.onnx"));
        });

    [Theory, MemberData(nameof(FixedWidth))]
    public void Any_type_of_whole_bytes_can_be_packed(DataType type)
    {
        var bytes = new byte[5 * TensorData.Width(type)];
        (bytes[0], bytes[^1]) = (1, 2);
        var dense = SmallGraphs.Tensor<byte>("w", type, bytes, 5);
        var sparse = SparseTensor.FromDense(dense);
        Assert.Equal([0L, 4], sparse.Indices.ToArray<long>());
        Assert.Equal(dense, SparseTensor.ToDense(sparse, "w.onnx"));
    }

    [Fact]
    public void A_negative_zero_is_a_zero_and_NaN_is_not()
    {
        var sparse = SparseTensor.FromDense(TensorData.Of("w", [-0f, float.NaN, 0, float.Epsilon, -1], 5));
        Assert.Equal([1L, 3, 4], sparse.Indices.ToArray<long>());
    }

    [Fact]
    public void Takes_twelve_bytes_a_nonzero()
    {
        var sparse = SparseTensor.FromDense(Small.Gaps);
        Assert.Equal(SparseTensor.Bytes(3, sizeof(float)), sparse.Values.RawData.Length + sparse.Indices.RawData.Length);
    }

    [Fact]
    public void A_sparse_file_runs_in_stock_ONNX_Runtime_as_the_dense_one_does() =>
        Assert.Equal(StockRuntime.Run(folder.With("dense.onnx", Small.Proto(sparse: false)), Small.X),
            StockRuntime.Run(folder.With("sparse.onnx", Small.Proto()), Small.X));

    [Fact]
    public void Positions_by_axis_are_read_as_flat_ones_are()
    {
        var proto = Small.Proto();
        var sparse = proto.Graph.SparseInitializer[0];
        long[] places = [.. sparse.Indices.ToArray<long>().SelectMany(position => new[] { position / 3, position % 3 })];
        sparse.Indices = TensorData.Of("places", places, 3, 2);
        var path = folder.With("places.onnx", proto);
        Assert.Equal(Small.Gaps, OnnxModel.Load(path).Graph.Constants["sparse"]);
        Assert.Equal(StockRuntime.Run(folder.With("flat.onnx", Small.Proto()), Small.X), StockRuntime.Run(path, Small.X));
    }

    [Theory]
    [InlineData(new long[] { 0, 1, 12 }, "has a value at [12], outside its 12 elements; the file is damaged")]
    [InlineData(new long[] { 0, 1, -1 }, "has a value at [-1], outside its 12 elements; the file is damaged")]
    [InlineData(new long[] { 0, 1, long.MaxValue }, "has a value at [9223372036854775807], outside its 12 elements; the file is damaged")]
    [InlineData(new long[] { 0, 1 }, "has 3 values and 2 indices; the file is damaged")]
    public void Flat_positions_lie_inside(long[] positions, string message) =>
        Refused(sparse => sparse.Indices = TensorData.Of("i", positions, positions.Length), message);

    [Theory]
    [InlineData(4, 0)]
    [InlineData(0, 3)] // as a flat position it would be inside
    [InlineData(1, -1)]
    [InlineData(1L << 62, 1)]
    public void Positions_by_axis_lie_inside_on_each_axis(long row, long column) =>
        Refused(sparse => sparse.Indices = TensorData.Of("i", [0, 1, 0, 2, row, column], 3, 2),
            $"has a value at [{row}, {column}], outside its 12 elements; the file is damaged");

    [Fact]
    public void Shapes_types_and_missing_parts_are_checked()
    {
        Refused(sparse => sparse.Dims[0] = -4, "has the impossible shape [-4, 3]; export the model again");
        Refused(sparse => sparse.Dims[0] = 1L << 60, "has the impossible shape [1152921504606846976, 3]; export the model again");
        Refused(sparse => sparse.Indices.DataType = (int)DataType.Double, "is of a type that is not known; save it as a dense initializer");
        Refused(sparse => sparse.Values.DataType = (int)DataType.String, "is of a type that is not known; save it as a dense initializer");
        Refused(sparse => sparse.Indices = null, "has no values or no indices; the file is damaged");
        Refused(sparse => sparse.Values = null, "has no values or no indices; the file is damaged", name: "");
        Refused(sparse => (sparse.Indices = TensorData.Of("i", ReadOnlySpan<long>.Empty, 3, 0)).Name = "empty", "has 3 values and 0 indices; the file is damaged");
        Refused(sparse =>
        {
            sparse.Dims.Clear();
            sparse.Indices = TensorData.Of("i", ReadOnlySpan<long>.Empty, 3, 0);
        }, "has 3 values and 0 indices; the file is damaged");
    }

    private void Refused(Action<SparseTensorProto> damage, string message, string name = "sparse")
    {
        var proto = Small.Proto();
        damage(proto.Graph.SparseInitializer[0]);
        var path = folder.With("bad.onnx", proto);
        Assert.Equal($"{path}: sparse tensor '{name}' {message}", Assert.Throws<SecateurException>(() => OnnxModel.Load(path)).Message);
    }
}
