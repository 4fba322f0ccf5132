using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Whole networks, all of whose products and convolutions the provider takes: their outputs stay those of ONNX Runtime.</summary>
[Collection(nameof(Alone))]
public sealed class SuiteTests
{
    public static TheoryData<string> Fast => [.. Skeletons.Fast];

    public static TheoryData<string> Slow => [.. Skeletons.All.Except(Skeletons.Fast)];

    [Theory, MemberData(nameof(Fast))]
    public void Equals_ONNX_Runtime(string name) => Check(name, 0.9);

    [Theory(Explicit = true), MemberData(nameof(Fast))]
    [Trait("category", "slow")]
    public void Equals_ONNX_Runtime_at_each_sparsity(string name) => Check(name, 0, 0.5, 0.8, 0.95, 0.99);

    [Theory(Explicit = true), MemberData(nameof(Slow))]
    [Trait("category", "slow")]
    public void Equals_ONNX_Runtime_in_the_larger_ones(string name) => Check(name, 0, 0.9);

    private static void Check(string name, params ReadOnlySpan<double> sparsities)
    {
        foreach (var sparsity in sparsities)
        {
            using var scope = NewDisposeScope();
            var model = Skeletons.Load(name);
            TensorProto[] inputs = [.. Skeletons.Inputs(name, model).Select(pair => Proto(pair.Key, pair.Value))];
            foreach (var tensor in model.Proto.Graph.Initializer) Prune(tensor, sparsity);
            using var stock = new Run(model.Proto, null);
            using var ours = new Run(model.Proto, Library.Device, 1, ("force", "1"));
            Assert.Contains(ours.Report, line => line.Contains("\tclaimed\t"));
            var want = stock.Of(inputs);
            Equal(want, ours.Of(inputs), $"{name} at {sparsity:P0}");
            if (sparsity < ProviderModel.LeastZeros) continue;
            var smaller = Packed(model.Proto);
            using var packed = new Run(smaller, Library.Device);
            Assert.Equal(smaller.Graph.Node.Count(node => node.Domain == SparseWeightBytes.Domain), packed.Report.Count(line => line.Contains($"with {SparseWeightBytes.Domain}.", StringComparison.Ordinal)));
            Equal(want, packed.Of(inputs), $"{name} at {sparsity:P0}, packed");
        }
    }

    private static void Equal((long[] Shape, float[] Values)[] want, (long[] Shape, float[] Values)[] have, string what)
    {
        foreach (var ((shape, ours), (same, theirs)) in have.Zip(want))
        {
            Assert.Equal(shape, same);
            var largest = theirs.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
            for (var i = 0; i < ours.Length; i++)
                Assert.True(theirs[i].Equals(ours[i]) || Math.Abs(theirs[i] - ours[i]) <= 1e-4f * largest, $"{what}: {theirs[i]} by ONNX Runtime, {ours[i]} by the provider");
        }
    }

    /// <summary>Packed for the provider, and once more to see that it comes back.</summary>
    private static ModelProto Packed(ModelProto model)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var (from, to, back) = (Path.Combine(folder.FullName, "dense.onnx"), Path.Combine(folder.FullName, "packed.onnx"), Path.Combine(folder.FullName, "back.onnx"));
            File.WriteAllBytes(from, model.ToByteArray());
            Assert.NotEmpty(ProviderModel.Pack(from, to, TestContext.Current.CancellationToken).Tensors);
            ProviderModel.Unpack(to, back);
            Assert.Equal(File.ReadAllBytes(from), File.ReadAllBytes(back));
            return ModelProto.Parser.ParseFrom(File.ReadAllBytes(to));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A weight loses its smallest elements, about.</summary>
    private static void Prune(TensorProto tensor, double sparsity)
    {
        if (tensor.Type() != DataType.Float || tensor.Dims.Count < 2 || sparsity == 0) return;
        var values = tensor.ToArray<float>();
        if (values.Length < 64) return;
        var sizes = values.Where((_, i) => i % 7 == 0).Select(Math.Abs).Order().ToArray();
        var least = sizes[(int)(sparsity * (sizes.Length - 1))];
        for (var i = 0; i < values.Length; i++)
            if (Math.Abs(values[i]) < least) values[i] = 0;
        tensor.SetBytes(MemoryMarshal.AsBytes<float>(values));
    }

    private static TensorProto Proto(string name, Tensor tensor) => SmallGraphs.Tensor<byte>(name, tensor.dtype switch
    {
        ScalarType.Float32 => DataType.Float,
        ScalarType.Int64 => DataType.Int64,
        ScalarType.Int32 => DataType.Int32,
        ScalarType.Bool => DataType.Bool,
        _ => throw new NotSupportedException($"an input of {tensor.dtype}"),
    }, tensor.contiguous().bytes, tensor.shape);
}
