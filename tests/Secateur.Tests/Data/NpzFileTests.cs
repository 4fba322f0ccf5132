using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CsCheck;
using Secateur.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class NpzFileTests
{
    [Fact]
    public void A_batch_equals_its_rows_read_alone() =>
        Gen.Select(Gen.Int[3, 30].SelectMany(count => Gen.Select(Gen.Const(count), Gen.Long[0, count - 1].Array[1, 12])), Gen.Int[0, 3]).Sample((drawn, type) =>
        {
            using var scope = NewDisposeScope();
            using var folder = new DataFolder();
            var pixels = (rand(drawn.Item1, 2, 3) * 250).to(new[] { ScalarType.Byte, ScalarType.Float32, ScalarType.Float64, ScalarType.Int64 }[type]);
            folder.Npz("x.npz", ("pixels", pixels), ("labels", arange(drawn.Item1)));
            using var data = folder.Open("x.npz", new() { BytesInMemory = type % 2 == 0 ? 1 << 20 : 0 });
            var expected = type == 0 ? pixels.to(ScalarType.Float32) / 255 : type == 2 ? pixels.to(ScalarType.Float32) : pixels;
            var batch = data.Whole.Read(drawn.Item2)["pixels"];
            Assert.True(batch.Same(expected.index_select(0, tensor(drawn.Item2))));
            for (var i = 0; i < drawn.Item2.Length; i++) Assert.True(batch[i].Same(data.Whole.Read([drawn.Item2[i]])["pixels"][0]));
        }, threads: 1, iter: 40);

    [Fact]
    public void A_test_part_is_declared_by_name_in_both_ways()
    {
        using var folder = new DataFolder();
        using var scope = NewDisposeScope();
        folder.Npz("own.npz", ("x", rand(10, 2)), ("labels", arange(10)), ("test_x", rand(4, 2)), ("test_labels", arange(4)));
        folder.Npz("keras.npz", ("x_train", rand(10, 2)), ("y_train", arange(10).reshape(10, 1)), ("x_test", rand(4, 2)), ("y_test", arange(4).reshape(4, 1)));
        foreach (var name in new[] { "own.npz", "keras.npz" })
        {
            using var data = folder.Open(name);
            Assert.Equal((9, 1, 4), (data.Train.Count, data.HeldOut.Count, data.Test.Count));
            Assert.Equal("x", data.Test.Features.Single().Name);
            Assert.Equal([0, 1, 2, 3], data.Test.Labels!.Value);
        }
    }

    [Fact]
    public void Fortran_order_equals_C_order()
    {
        using var folder = new DataFolder();
        var values = Enumerable.Range(0, 24).ToArray(); // [4, 3, 2] in C order
        var fortran = Enumerable.Range(0, 24).Select(at => values[(at % 4 * 6) + (at / 4 % 3 * 2) + (at / 12)]).ToArray();
        Npy(folder.At("c.npz"), "x", "'<i4'", "False", "(4, 3, 2)", [.. values.SelectMany(BitConverter.GetBytes)]);
        Npy(folder.At("f.npz"), "x", "'<i4'", "True", "(4, 3, 2)", [.. fortran.SelectMany(BitConverter.GetBytes)]);
        using var c = folder.Open("c.npz");
        using var f = folder.Open("f.npz");
        Assert.Equal(values.Select(value => (float)value), c.Whole.Floats("x"));
        Assert.Equal(c.Whole.Floats("x"), f.Whole.Floats("x"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Packed_arrays_of_every_version_and_names_as_labels_are_read(byte version)
    {
        using var folder = new DataFolder();
        Npy(folder.At("x.npz"), "x", "'<f4'", "False", "(3,)", [.. new[] { 1f, 2f, 3f }.SelectMany(BitConverter.GetBytes)], version);
        Npy(folder.At("x.npz"), "labels", "'<U3'", "False", "(3,)", Encoding.UTF32.GetBytes("dogcatdog"), version, ZipArchiveMode.Update);
        using var data = folder.Open("x.npz");
        Assert.Equal(["cat", "dog"], data.ClassNames);
        Assert.Equal([1, 0, 1], data.Whole.Labels!.Value);
        Assert.Equal([1f, 2, 3], data.Whole.Floats("x"));
    }

    [Fact]
    public void A_header_that_claims_ten_terabytes_costs_no_memory()
    {
        using var folder = new DataFolder();
        Npy(folder.At("x.npz"), "x", "'<f4'", "False", "(2500000000000,)", new byte[64]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.EndsWith("x.npz: array 'x': claims 10000000000000 bytes of data, the file holds 64; it is truncated or damaged, write it again", folder.Refusal("x.npz"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData("'<f4'", "(9999999999, 9999999999, 9999999999)", "claims more elements than any machine holds")]
    [InlineData("'<f4'", "(99999999999999999999,)", "has the impossible shape (99999999999999999999,)")]
    [InlineData("'<f4'", "(5 3)", "has the impossible shape (5 3)")]
    [InlineData("'|O'", "(8,)", "has elements of type '|O', which cannot be read; convert it with astype(str), since objects are never unpickled")]
    [InlineData("'>f4'", "(8,)", "has elements of type '>f4', which cannot be read; convert it with astype('<f4')")]
    [InlineData("[('a', '<f4')]", "(8,)", "has a header that is not of a plain array")]
    [InlineData("'<f4'", "()", "is a single number; its first axis must be the examples")]
    public void A_hostile_header_is_refused(string type, string shape, string message)
    {
        using var folder = new DataFolder();
        Npy(folder.At("x.npz"), "x", type, "False", shape, new byte[64]);
        Assert.Contains(message, folder.Refusal("x.npz"));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_in_one_line() => Gen.Double[0, 1].Sample(share =>
    {
        using var folder = new DataFolder();
        using var scope = NewDisposeScope();
        var whole = File.ReadAllBytes(folder.Npz("x.npz", ("x", rand(5, 3)), ("labels", arange(5))));
        File.WriteAllBytes(folder.At("cut.npz"), whole[..(int)(share * (whole.Length - 1))]);
        var message = folder.Refusal("cut.npz");
        Assert.Contains("cut.npz", message);
        Assert.DoesNotContain('\n', message);
    }, threads: 1, iter: 60);

    [Fact]
    public void Any_byte_changed_gives_data_or_a_refusal() => Gen.Select(Gen.Double[0, 1], Gen.Byte).Sample((share, value) =>
    {
        using var folder = new DataFolder();
        using var scope = NewDisposeScope();
        var bytes = File.ReadAllBytes(folder.Npz("x.npz", ("x", rand(5, 3)), ("labels", arange(5))));
        bytes[(int)(share * (bytes.Length - 1))] = value;
        File.WriteAllBytes(folder.At("x.npz"), bytes);
        try
        {
            using var data = folder.Open("x.npz");
        }
        catch (SecateurException e)
        {
            Assert.Contains("x.npz", e.Message);
        }
    }, threads: 1, iter: 300);

    [Fact]
    public void Arrays_of_different_lengths_are_refused()
    {
        using var folder = new DataFolder();
        using var scope = NewDisposeScope();
        folder.Npz("x.npz", ("x", rand(5, 3)), ("labels", arange(4)));
        Assert.Contains("different numbers of examples (x 5, labels 4)", folder.Refusal("x.npz"));
    }

    private static void Npy(string path, string name, string type, string fortran, string shape, byte[] data, byte version = 1, ZipArchiveMode mode = ZipArchiveMode.Create)
    {
        var text = Encoding.ASCII.GetBytes($"{{'descr': {type}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        var length = new byte[version == 1 ? 2 : 4];
        if (version == 1) BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        else BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        using var zip = ZipFile.Open(path, mode);
        using var entry = zip.CreateEntry(name + ".npy", version == 1 ? CompressionLevel.NoCompression : CompressionLevel.SmallestSize).Open();
        entry.Write([0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. data]);
    }
}
