using CsCheck;
using Secateur.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class NpzTests
{
    private static readonly ScalarType[] Types = [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.Int64, ScalarType.Int32, ScalarType.Byte, ScalarType.Bool];

    [Fact]
    public void Read_after_write_is_the_same_bits() =>
        Gen.Select(Gen.Int[0, Types.Length - 1].Select(index => Types[index]), Gen.Long[0, 4].Array[0, 4], Gen.Int[0, 1000]).Array[0, 4].Sample(arrays =>
        {
            using var scope = NewDisposeScope();
            using var folder = new DataFolder();
            var tensors = arrays.Select((array, number) => ($"a/{number}.b", (randn(array.Item2, generator: new Generator((ulong)array.Item3)) * 50).to(array.Item1))).ToArray();
            var path = folder.Npz("x.npz", tensors);
            var read = Npz.Read(path);
            Assert.Equal(tensors.Length, read.Count);
            foreach (var (name, tensor) in tensors) Assert.True(tensor.Same(read[name]), $"{name} {tensor.dtype}");
            var once = File.ReadAllBytes(path);
            Assert.Equal(once, File.ReadAllBytes(folder.Npz("y.npz", tensors)));
        }, threads: 1, iter: 40);

    [Fact]
    public void Not_a_number_and_signed_zero_keep_their_bits()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        var odd = tensor(new[] { float.NaN, -0f, float.NegativeInfinity, float.Epsilon });
        Assert.True(odd.Same(Npz.Read(folder.Npz("x.npz", ("odd", odd)))["odd"]));
    }

    [Fact]
    public void Arrays_are_stored_so_that_they_can_be_mapped()
    {
        using var folder = new DataFolder();
        using var zeros = torch.zeros(10_000);
        using var file = File.OpenRead(folder.Npz("x.npz", ("zeros", zeros)));
        Assert.True(ZipEntry.Read(file, "x.npz").Single().Stored);
        Assert.InRange(file.Length, 40_000, 41_000);
    }
}
