using System.Security.Cryptography;
using CsCheck;
using Google.Protobuf;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;
using Secateur.Testing.Fuzzing;

namespace Secateur.Onnx.Tests.Packing;

/// <summary>Packed and unpacked a model is the same files, bit for bit; whatever else is refused in a line, and nothing is written.</summary>
public sealed class PackedModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new(), other = new();

    public void Dispose()
    {
        folder.Dispose();
        other.Dispose();
    }

    [Fact]
    public void Unpacked_it_is_the_same_files() =>
        Gen.Int.Sample(seed =>
        {
            using TemporaryFolder before = new(), after = new();
            var model = PackedModels.Write(before, seed);
            var files = before.Entries.Order().ToArray();
            var packed = Pack(model, before.File("model.secz"));
            var unpacked = Unpack(before.File("model.secz"), after.File("model.onnx"));
            Assert.Equal(packed, unpacked);
            Assert.Equal(files, after.Entries.Order());
            foreach (var file in unpacked)
            {
                var bytes = File.ReadAllBytes(after.File(file.Name));
                Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(before.File(file.Name))));
                Assert.Equal((bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))), ((int)file.Bytes, file.Sha256));
            }
        }, iter: 60, threads: 1);

    [Fact]
    public void Damaged_models_are_refused_or_come_back_the_same()
    {
        var seeds = FuzzSeeds.In(folder.Path);
        var packed = 0;
        for (var seed = 1; seed <= 600; seed++)
        {
            var bytes = Mutation.Of(seeds, seed);
            var path = folder.With("damaged.onnx", bytes);
            try
            {
                Pack(path, folder.File("damaged.secz"));
                Unpack(folder.File("damaged.secz"), other.File("back.onnx"));
                Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(other.File("back.onnx"))), $"seed {seed}");
                packed++;
                foreach (var entry in Directory.EnumerateFiles(other.Path)) File.Delete(entry);
            }
            catch (SecateurException e)
            {
                Assert.StartsWith($"{path}: ", e.Message);
            }
        }
        Assert.InRange(packed, 100, 599);
    }

    [Fact]
    public void Threads_change_nothing_and_tensors_may_be_of_many_blocks()
    {
        var values = SparseBytes.Of(Elements.Float32, (Block.MostBytes * 9 / 4 / 4) + 1, 3);
        var proto = Small.Proto();
        proto.Graph.Initializer.Add(Secateur.Testing.SmallGraphs.Tensor<byte>("large", TensorProto.Types.DataType.Float, values, values.Length / 4));
        var model = folder.With("model.onnx", proto);
        PackedModel.Pack(model, folder.File("1.secz"), 1, null, CancellationToken.None);
        PackedModel.Pack(model, folder.File("5.secz"), 5, null, CancellationToken.None);
        Assert.True(File.ReadAllBytes(folder.File("1.secz")).AsSpan().SequenceEqual(File.ReadAllBytes(folder.File("5.secz"))));
        PackedModel.Unpack(folder.File("1.secz"), folder.File("back.onnx"), 3, null, CancellationToken.None);
        Assert.True(File.ReadAllBytes(model).AsSpan().SequenceEqual(File.ReadAllBytes(folder.File("back.onnx"))));
    }

    [Fact]
    public void Any_byte_changed_it_is_refused_or_gives_the_same_bytes()
    {
        var whole = Packed(out var model);
        for (var place = 0; place < whole.Length; place++)
            foreach (var change in new byte[] { 1, 0x80, 0xFF })
            {
                var damaged = whole.ToArray();
                damaged[place] ^= change;
                if (Refusal(damaged) is not null) Assert.Empty(other.Entries);
                else Assert.Equal(model, File.ReadAllBytes(other.File("out.onnx")));
                if (File.Exists(other.File("out.onnx"))) File.Delete(other.File("out.onnx"));
            }
    }

    [Fact]
    public void Truncated_anywhere_it_is_refused_and_so_it_is_with_more_behind_it()
    {
        var whole = Packed(out _);
        for (var length = 0; length < whole.Length; length++)
        {
            var message = Refusal(whole[..length]);
            Assert.True(message is not null && message.EndsWith("or pack the model again", StringComparison.Ordinal), $"at {length}: {message}");
        }
        Assert.EndsWith("is damaged, it does not give the bytes that were packed; copy it or pack the model again", Refusal([.. whole, 0]));
        Assert.Empty(other.Entries);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(10_000_000_000_000)]
    public void A_small_file_that_claims_terabytes_is_refused_before_memory_or_disk_is_taken(long bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains($"says that it holds {bytes} bytes, which a file of ", Refusal(PackedHeader.Write([new("m.onnx", bytes, new('0', 64))])));
        Assert.EndsWith("is damaged in its head; copy it or pack the model again", Refusal(PackedHeader.Write([new("m.onnx", -bytes, new('0', 64))])));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Empty(other.Entries);
    }

    [Fact]
    public void What_would_not_fit_on_the_disk_is_refused()
    {
        var bytes = new DriveInfo(other.Path).AvailableFreeSpace + 1;
        var file = other.File("bomb.secz");
        using (var stream = File.Create(file))
        {
            stream.Write(PackedHeader.Write([new("m.onnx", 2 * bytes, new('0', 64))]));
            stream.SetLength(1 << 20 | bytes >> 17); // so long that it could hold so much; the disk need not
        }
        var message = Assert.Throws<SecateurException>(() => Unpack(file, other.File("out.onnx"))).Message;
        Assert.StartsWith($"{file}: takes {2 * bytes} bytes unpacked, and ", message);
        Assert.EndsWith("; free some or name another folder", message);
    }

    [Theory]
    [InlineData("../w.data", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("/w.data", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("", "which names no file; export the model again")]
    [InlineData("there", "is there already; remove it or unpack into another folder")]
    [InlineData("folder", "is there already; remove it or unpack into another folder")]
    public void Data_is_written_below_the_models_folder_and_over_nothing(string name, string message)
    {
        folder.With("there", [1]);
        Directory.CreateDirectory(folder.File("folder"));
        var packed = folder.With("p.secz", [.. PackedHeader.Write([new(name, 1, new('0', 64)), new("m.onnx", 1, new('0', 64))]), .. new byte[100]]);
        var refused = Assert.Throws<SecateurException>(() => Unpack(packed, folder.File("out.onnx"))).Message;
        Assert.StartsWith($"{packed}: holds data named '{name}', ", refused);
        Assert.EndsWith(message, refused);
        Assert.Equal(["folder", "p.secz", "there"], folder.Entries.Order());
    }

    [Fact]
    public void Data_of_the_models_name_is_refused()
    {
        var packed = folder.With("p.secz", [.. PackedHeader.Write([new("out.onnx", 1, new('0', 64)), new("m.onnx", 1, new('0', 64))]), .. new byte[100]]);
        Assert.EndsWith("'out.onnx'; give the model another name", Assert.Throws<SecateurException>(() => Unpack(packed, folder.File("out.onnx"))).Message);
    }

    [Fact]
    public void A_later_version_is_told()
    {
        var head = PackedHeader.Write([new("m.onnx", 1, new('0', 64))]);
        head[8] = 2;
        Assert.EndsWith("is of version 2, and this Secateur reads 1; take a newer one", Refusal(head));
    }

    [Fact]
    public void What_is_no_model_is_not_packed()
    {
        foreach (var bytes in new byte[][] { [], [.. "Hello, I am a text"u8], Small.Proto().ToByteArray()[..^40], new ModelProto { IrVersion = 8 }.ToByteArray() })
        {
            var path = folder.With("bad.onnx", bytes);
            Assert.StartsWith($"{path}: is ", Assert.Throws<SecateurException>(() => Pack(path, folder.File("out.secz"))).Message);
        }
        Assert.Equal($"{folder.File("no.onnx")}: no such file; check the path", Assert.Throws<SecateurException>(() => Pack(folder.File("no.onnx"), folder.File("out.secz"))).Message);
        Assert.Equal(["bad.onnx"], folder.Entries);
    }

    [Fact]
    public void A_packed_model_is_told_from_a_model()
    {
        var whole = Packed(out _);
        var path = other.With("p.secz", whole);
        Assert.Equal($"{path}: is a packed model; unpack it first: secateur unpack {path} -o model.onnx", Assert.Throws<SecateurException>(() => OnnxModel.Load(path)).Message);
        Assert.StartsWith($"{path}: is packed already; ", Assert.Throws<SecateurException>(() => Pack(path, other.File("q.secz"))).Message);
        Assert.EndsWith("is no packed model; name a .secz file that secateur pack has written", Refusal(Small.Proto().ToByteArray()));
    }

    [Fact]
    public void A_model_is_not_packed_over_its_own_data()
    {
        var path = PackedModels.Write(folder, Enumerable.Range(0, 100).First(seed =>
        {
            using var trial = new TemporaryFolder();
            PackedModels.Write(trial, seed);
            return new FileInfo(trial.File("w.data")) is { Exists: true, Length: > 2000 };
        }));
        var data = folder.File("w.data");
        var before = File.ReadAllBytes(data);
        foreach (var target in new[] { path, data })
            Assert.Equal($"{target}: is a file of the model that is to be packed; name another", Assert.Throws<SecateurException>(() => Pack(path, target)).Message);
        Assert.Equal(before, File.ReadAllBytes(data));
    }

    private static PackedFile[] Pack(string path, string target) => [.. PackedModel.Pack(path, target, 1, null, CancellationToken.None)];

    private static PackedFile[] Unpack(string path, string target) => [.. PackedModel.Unpack(path, target, 1, null, CancellationToken.None)];

    /// <summary>A small model packed: with a weight that is coded by zeros and planes.</summary>
    private byte[] Packed(out byte[] model)
    {
        var proto = Small.Proto();
        proto.Graph.Initializer.Add(TensorData.Of("w", [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? i / 7f : i % 5 == 0 ? -0f : 0)], 300));
        var path = folder.With("model.onnx", proto);
        Pack(path, folder.File("model.secz"));
        model = File.ReadAllBytes(path);
        return File.ReadAllBytes(folder.File("model.secz"));
    }

    /// <returns>The message; null where it was unpacked, to <c>out.onnx</c>. Any other exception fails the test.</returns>
    private string? Refusal(byte[] bytes)
    {
        var path = folder.With("bad.secz", bytes);
        try
        {
            Unpack(path, other.File("out.onnx"));
            return null;
        }
        catch (SecateurException e)
        {
            Assert.StartsWith($"{path}: ", e.Message);
            return e.Message;
        }
    }
}
