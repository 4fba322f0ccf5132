using CsCheck;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Tests;

public class SparseTensorTests
{
    private static readonly Gen<float> Mostly0 = Gen.Frequency((3, Gen.Const(0f)), (1, Gen.Float[-1, 1]));

    [Fact]
    public void Dense_again_is_the_same() => Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9]).SelectMany((rows, columns) => Gen.Select(Gen.Const(rows), Mostly0.Array[rows * columns]))
        .Sample((rows, values) =>
        {
            var dense = TensorData.Of("w", values, rows, values.Length / rows);
            var again = SparseTensor.ToDense(SparseTensor.FromDense(dense), "file");
            Assert.Equal(dense.Dims, again.Dims);
            Assert.Equal(values, again.ToArray<float>());
        }, iter: 200);

    [Fact]
    public void Positions_by_row_and_column_are_read()
    {
        var sparse = new SparseTensorProto { Values = TensorData.Of("w", [5f, 6f], 2), Indices = TensorData.Of("", [0L, 2, 1, 0], 2, 2), Dims = { 2, 3 } };
        Assert.Equal([0, 0, 5, 6, 0, 0], SparseTensor.ToDense(sparse, "file").ToArray<float>());
    }

    [Theory]
    [InlineData(6L, "outside its 6 elements"), InlineData(-1L, "outside its 6 elements")]
    public void Position_outside_is_refused(long position, string what)
    {
        var sparse = new SparseTensorProto { Values = TensorData.Of("w", [5f], 1), Indices = TensorData.Of("", [position], 1), Dims = { 2, 3 } };
        Assert.Contains(what, Assert.Throws<SecateurException>(() => SparseTensor.ToDense(sparse, "file")).Message);
    }

    [Fact]
    public void Hostile_shape_is_refused_before_anything_is_allocated()
    {
        var sparse = new SparseTensorProto { Values = TensorData.Of("w", [5f], 1), Indices = TensorData.Of("", [0L], 1), Dims = { 1L << 40, 1L << 20 } };
        Assert.Contains("impossible shape", Assert.Throws<SecateurException>(() => SparseTensor.ToDense(sparse, "file")).Message);
    }

    [Fact]
    public void Sparse_file_runs_in_ONNX_Runtime_as_the_dense_one_does()
    {
        using var files = new Models();
        var proto = Models.Small();
        var dense = files.Write(proto);
        proto = proto.Clone();
        proto.Graph.SparseInitializer.Add(SparseTensor.FromDense(proto.Graph.Initializer[0]));
        proto.Graph.Initializer.Clear();
        using var folder = new Models();
        var sparse = folder.Write(proto);
        Assert.Equal(Run(dense), Run(sparse));
        Assert.Equal([1f, 0, 0, -2, 3, 0], OnnxModel.Load(sparse).Graph.Constants["w"].ToArray<float>());
    }

    private static float[] Run(string path)
    {
        using var session = new InferenceSession(path);
        var x = new DenseTensor<float>(new float[] { 1, 2, 3, 4, 5, 6 }, [2, 3]);
        using var outputs = session.Run([NamedOnnxValue.CreateFromTensor("x", x)]);
        return [.. outputs[0].AsEnumerable<float>()];
    }
}
