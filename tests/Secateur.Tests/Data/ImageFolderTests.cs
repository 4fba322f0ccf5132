using Secateur.Data;
using SkiaSharp;

namespace Secateur.Tests.Data;

public sealed class ImageFolderTests
{
    [Fact]
    public void Folders_are_classes_and_pixels_are_channels_first()
    {
        using var folder = new DataFolder();
        Save(folder.At("set/dog/1.png"), 2, 3, (y, x) => new SKColor((byte)(100 + (10 * y) + x), 20, 30));
        Save(folder.At("set/cat/a.bmp"), 2, 3, (y, x) => new SKColor(0, 0, (byte)(x * 50)), SKEncodedImageFormat.Png);
        using var data = folder.Open("set");
        Assert.Equal(["cat", "dog"], data.ClassNames);
        Assert.Equal([0, 1], data.Whole.Labels!.Value);
        Assert.Equal([3, 2, 3], data.Whole.Features.Single().Shape);
        var bytes = data.Whole.Floats("pixels").Select(value => (int)MathF.Round(value * 255)).ToArray();
        Assert.Equal([100, 101, 102, 110, 111, 112, 20, 20, 20, 20, 20, 20, 30, 30, 30, 30, 30, 30], bytes[18..]);
        Assert.Equal([0, 50, 100, 0, 50, 100], bytes[12..18]);
        Assert.Equal("dog/1.png", data.Whole.Describe(1).Replace('\\', '/'));
        Assert.EndsWith("drawn by seed 1; RGB pictures of 2x3", data.Description);
    }

    [Fact]
    public void Streamed_equals_in_memory()
    {
        using var folder = new DataFolder();
        for (var i = 0; i < 12; i++) Save(folder.At($"{i % 3}/{i}.{(i % 2 == 0 ? "jpg" : "webp")}"), 5, 4, (y, x) => new SKColor((byte)(i * 20), (byte)(y * 50), (byte)(x * 60)));
        using var inMemory = folder.Open("");
        using var streamed = folder.Open("", new() { BytesInMemory = 0 });
        Assert.Equal(inMemory.Whole.Floats("pixels"), streamed.Whole.Floats("pixels"));
        Assert.Equal(inMemory.Whole.Labels!.Value, streamed.Whole.Labels!.Value);
        Assert.Equal(inMemory.Fingerprint, streamed.Fingerprint);
    }

    [Fact]
    public void Grey_files_give_one_channel_and_a_flat_folder_has_no_labels()
    {
        using var folder = new DataFolder();
        foreach (var i in new[] { 1, 2, 3 })
        {
            using var bitmap = new SKBitmap(new SKImageInfo(2, 2, SKColorType.Gray8, SKAlphaType.Opaque));
            bitmap.GetPixelSpan();
            bitmap.Erase(new SKColor((byte)(i * 40), (byte)(i * 40), (byte)(i * 40)));
            Encode(bitmap, folder.At($"{i}.png"), SKEncodedImageFormat.Png);
        }
        using var data = folder.Open("");
        Assert.Null(data.Whole.Labels);
        Assert.Empty(data.ClassNames);
        Assert.Equal([1, 2, 2], data.Whole.Features.Single().Shape);
        Assert.Equal([40, 80, 120], data.Whole.Floats("pixels").Chunk(4).Select(picture => (int)MathF.Round(picture[0] * 255)));
    }

    [Fact]
    public void Other_sizes_become_the_most_common_one_and_that_is_said()
    {
        using var folder = new DataFolder();
        foreach (var (name, size) in new[] { ("a/1.png", 4), ("a/2.png", 4), ("b/3.png", 8) }) Save(folder.At(name), size, size, (_, _) => SKColors.Red);
        using var data = folder.Open("");
        Assert.Equal([3, 4, 4], data.Whole.Features.Single().Shape);
        Assert.EndsWith("RGB pictures of 4x4; 1 of other sizes were resized to the most common one", data.Description);
        Assert.Equal([1f, 0, 0], data.Whole.Floats("pixels").Chunk(16).Skip(6).Select(plane => plane.Average()));
        using var sized = folder.Open("", new() { ImageSize = (2, 6) });
        Assert.Equal([3, 2, 6], sized.Whole.Features.Single().Shape);
    }

    [Theory]
    [InlineData("test")]
    [InlineData("val")]
    public void A_test_folder_beside_train_is_the_declared_test_part(string name)
    {
        using var folder = new DataFolder();
        foreach (var path in new[] { "train/a/1.png", "train/b/2.png", "train/b/3.png", $"{name}/b/4.png", $"{name}/c/5.png" }) Save(folder.At(path), 1, 1, (_, _) => SKColors.White);
        using var data = folder.Open("");
        Assert.Equal(["a", "b", "c"], data.ClassNames);
        Assert.Equal([1, 2], data.Test.Labels!.Value);
        Assert.Equal(3, data.Train.Count + data.HeldOut.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(-20)]
    public void A_picture_that_cannot_be_decoded_is_named(int length)
    {
        using var folder = new DataFolder();
        var random = new Random(1);
        for (var i = 0; i < 4; i++) Save(folder.At($"a/{i}.png"), 20, 20, (_, _) => new SKColor((uint)random.Next()));
        var whole = File.ReadAllBytes(folder.At("a/2.png"));
        File.WriteAllBytes(folder.At("a/2.png"), whole[..(length < 0 ? whole.Length / 2 : length)]);
        Assert.Equal($"{folder.At("a/2.png")}: cannot be decoded as a picture, it is truncated, damaged or of another format; replace it or remove it", folder.Refusal(""));
    }

    [Fact]
    public void An_empty_folder_is_refused()
    {
        using var folder = new DataFolder();
        Assert.EndsWith("the folder is empty; name a folder with data in it", folder.Refusal(""));
        folder.Text("readme.md", "nothing");
        Assert.Contains("no data that is known; --data takes a .npz, a folder of idx files (MNIST's form), a folder of .npz, one an example, a folder of images", folder.Refusal(""));
    }

    private static void Save(string path, int height, int width, Func<int, int, SKColor> colour, SKEncodedImageFormat? format = null)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, colour(y, x).WithAlpha(255));
        Encode(bitmap, path, format ?? Path.GetExtension(path) switch { ".jpg" => SKEncodedImageFormat.Jpeg, ".webp" => SKEncodedImageFormat.Webp, _ => SKEncodedImageFormat.Png });
    }

    private static void Encode(SKBitmap bitmap, string path, SKEncodedImageFormat format)
    {
        using var file = File.Create(path);
        Assert.True(bitmap.Encode(file, format, 90));
    }
}
