using Secateur.Evaluation;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Evaluation;

public sealed class LargestLossesTests
{
    [Fact]
    public void What_turned_wrong_comes_first_then_by_probability_lost()
    {
        using var folder = new TemporaryFolder();
        // #0 turns wrong, #1 turns wrong and loses more, #2 stays right but less surely, #3 gets better
        using var examples = InMemory.Rows(new float[,] { { 0.3f, 0 }, { 2, 0 }, { 0, 1 }, { 0, -1 } }, 0, 0, 1, 1);
        var before = Models.Linear(new float[,] { { 4, 0 }, { 0, 8 } }).In(folder, "before.onnx");
        var after = Models.Linear(new float[,] { { -4, 0 }, { 0, 1 } }).In(folder, "after.onnx");
        var result = Evaluator.Run([before, after], examples, new() { Threads = 1, ClassNames = ["cat", "dog"] }, null, TestContext.Current.CancellationToken);
        var losses = LargestLosses.Of(result, examples);
        Assert.Equal(["#1", "#0", "#2"], losses.Select(loss => loss.Example));
        Assert.Equal(("cat", "cat", "dog"), (losses[0].Expected, losses[0].Before, losses[0].After));
        Assert.Equal(1 / (1 + Math.Exp(-8)), losses[0].ProbabilityBefore, 1e-6);
        Assert.Equal(1 / (1 + Math.Exp(8)), losses[0].ProbabilityAfter, 1e-6);
        Assert.Null(losses[0].Picture);
        Assert.Equal(["#1"], LargestLosses.Of(result, examples, count: 1).Select(loss => loss.Example));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_picture_comes_out_as_it_went_in(int channels)
    {
        using var scope = NewDisposeScope();
        var bytes = randint(0, 256, [2, channels, 3, 5]);
        using var examples = new InMemory("x", bytes.to_type(ScalarType.Float32) / 255, null);
        using var bitmap = SKBitmap.Decode(Picture.Of(examples, 1));
        Assert.Equal((5, 3), (bitmap.Width, bitmap.Height));
        for (var row = 0; row < 3; row++)
        {
            for (var column = 0; column < 5; column++)
            {
                var pixel = bitmap.GetPixel(column, row);
                byte At(int channel) => (byte)bytes[1, channel, row, column].item<long>();
                Assert.Equal((At(0), At(channels / 2), At(channels - 1)), (pixel.Red, pixel.Green, pixel.Blue));
            }
        }
    }

    [Fact]
    public void What_is_no_picture_has_none()
    {
        using var scope = NewDisposeScope();
        using var row = new InMemory("x", rand(2, 9), null);
        using var outside = new InMemory("x", rand(2, 1, 4, 4) * 3 + 1, null);
        Assert.Null(Picture.Of(row, 0));
        Assert.Null(Picture.Of(outside, 0));
    }
}
