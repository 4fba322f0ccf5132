using CsCheck;
using Secateur.Data;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class IdxFolderTests
{
    [Fact]
    public void Pixels_come_out_in_order_between_0_and_1() =>
        Gen.Select(Gen.Int[3, 20], Gen.Int[1, 6], Gen.Int[1, 6]).SelectMany((count, height, width) =>
            Gen.Select(Gen.Const((height, width)), Gen.Byte.Array[count * height * width], Gen.Byte[0, 9].Array[count]))
        .Sample((size, pixels, labels) =>
        {
            using var folder = new DataFolder();
            folder.Idx("train-images-idx3-ubyte", pixels, labels.Length, size.height, size.width);
            folder.Idx("train-labels-idx1-ubyte", labels, labels.Length);
            using var data = folder.Open("");
            Assert.Equal([1, size.height, size.width], data.Whole.Features.Single().Shape);
            Assert.Equal(pixels.Select(value => value / 255f), data.Whole.Floats("pixels"));
            Assert.Equal(labels.Select(value => (long)value), data.Whole.Labels!.Value);
        }, threads: 1, iter: 30);

    [Fact]
    public void Packed_equals_plain_and_dots_equal_dashes()
    {
        using var folder = new DataFolder();
        byte[] pixels = [.. Enumerable.Range(0, 5 * 4).Select(value => (byte)(value * 11))];
        foreach (var (name, end) in new[] { ("a/train-images-idx3-ubyte", ""), ("b/train-images-idx3-ubyte", ".gz"), ("c/train-images.idx3-ubyte", ".gz") })
        {
            folder.Idx(name + end, pixels, 5, 2, 2);
            folder.Idx(name.Replace("images", "labels").Replace("idx3", "idx1") + end, [0, 1, 2, 1, 0], 5);
        }
        using var plain = folder.Open("a");
        foreach (var other in new[] { "b", "c" })
        {
            using var packed = folder.Open(other);
            Assert.Equal(plain.Whole.Floats("pixels"), packed.Whole.Floats("pixels"));
            Assert.Equal(plain.Whole.Labels!.Value, packed.Whole.Labels!.Value);
        }
    }

    [Fact]
    public void The_t10k_files_are_the_declared_test_part()
    {
        using var folder = new DataFolder();
        folder.Idx("train-images-idx3-ubyte", new byte[20], 20, 1, 1);
        folder.Idx("train-labels-idx1-ubyte", new byte[20], 20);
        folder.Idx("t10k-images-idx3-ubyte", [7, 8, 9], 3, 1, 1);
        folder.Idx("t10k-labels-idx1-ubyte", [0, 1, 2], 3);
        using var data = folder.Open("");
        Assert.True(data.DeclaresTest);
        Assert.Same(data.Test, data.Whole);
        Assert.Equal((18, 2, 3), (data.Train.Count, data.HeldOut.Count, data.Test.Count));
        Assert.Equal(["0", "1", "2"], data.ClassNames);
        Assert.Equal("t10k-images #2", data.Test.Describe(2));
        Assert.EndsWith("(idx folder): 18 train, 2 held out of them to decide, 3 test as the data declares", data.Description);
    }

    [Fact]
    public void Mapped_equals_in_memory()
    {
        using var folder = new DataFolder();
        folder.Idx("train-images-idx3-ubyte", [.. Enumerable.Range(0, 60).Select(value => (byte)value)], 15, 2, 2);
        folder.Idx("train-labels-idx1-ubyte", new byte[15], 15);
        using var inMemory = folder.Open("");
        using var mapped = folder.Open("", new DataOptions { BytesInMemory = 10 });
        Assert.Equal(inMemory.Whole.Floats("pixels"), mapped.Whole.Floats("pixels"));
        Assert.Equal(inMemory.Fingerprint, mapped.Fingerprint);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".gz")]
    public void A_truncated_file_is_named(string end)
    {
        using var folder = new DataFolder();
        folder.Idx("train-images-idx3-ubyte" + end, new byte[10], 1_000_000_000, 28, 28);
        Assert.EndsWith($"train-images-idx3-ubyte{end}: holds fewer bytes than its header says, it is truncated or damaged; download it again", folder.Refusal(""));
        File.WriteAllBytes(folder.At("train-images-idx3-ubyte" + end), end.Length == 0 ? [0, 0] : File.ReadAllBytes(folder.At("train-images-idx3-ubyte.gz"))[..12]);
        Assert.Contains("truncated or damaged", folder.Refusal(""));
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_refused()
    {
        using var folder = new DataFolder();
        folder.Idx("train-images-idx3-ubyte", new byte[4], 4, 1, 1);
        folder.Idx("train-labels-idx1-ubyte", new byte[3], 3);
        Assert.Contains("labels of shape [3] for the 4 pictures", folder.Refusal(""));
    }

    [Fact]
    public void Reading_in_a_loop_leaves_no_tensor()
    {
        using var folder = new DataFolder();
        folder.Idx("train-images-idx3-ubyte", new byte[100 * 784], 100, 28, 28);
        using var data = folder.Open("");
        for (var turn = 0; turn < 2; turn++)
        {
            var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            using (NewDisposeScope()) data.Train.Read([3, 1, 3]);
            Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }
}
