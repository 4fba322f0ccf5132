namespace Secateur.Cli.Tests;

public sealed class BadInputTests(Workshop workshop) : IClassFixture<Workshop>
{
    [Theory]
    [InlineData("truncated.onnx")]
    [InlineData("text.onnx")]
    [InlineData("empty.onnx")]
    [InlineData("missing.onnx")]
    [InlineData("folder.onnx")]
    public async Task A_file_that_is_no_model_is_named_by_every_command_and_nothing_is_left(string name)
    {
        var path = workshop.In(name);
        var bytes = await File.ReadAllBytesAsync(workshop.Model, TestContext.Current.CancellationToken);
        if (name == "truncated.onnx") await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        if (name == "text.onnx") await File.WriteAllTextAsync(path, "this is no model\n", TestContext.Current.CancellationToken);
        if (name == "empty.onnx") await File.WriteAllBytesAsync(path, [], TestContext.Current.CancellationToken);
        if (name == "folder.onnx") Directory.CreateDirectory(path);
        var folder = workshop.Empty();
        var target = Path.Combine(folder, "out.onnx");
        var json = Path.Combine(folder, "out.json");
        foreach (var arguments in (string[][])
            [
                ["inspect", path],
                ["evaluate", path, "--data", workshop.Data],
                ["benchmark", path],
                ["prune", path, "--data", workshop.Data, "-o", target],
                ["prune", path, "-o", target],
                ["prune", path, "--plan"],
                ["train", path, "--data", workshop.Data, "-o", target],
            ])
            Assert.StartsWith($"{path}: ", await Request.RefusedAsync([.. arguments, "--json", json]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task An_empty_folder_is_no_data()
    {
        var (empty, folder) = (workshop.Empty(), workshop.Empty());
        var target = Path.Combine(folder, "out.onnx");
        Assert.StartsWith($"{empty}: ", await Request.RefusedAsync("prune", workshop.Model, "--data", empty, "-o", target));
        Assert.StartsWith($"{empty}: ", await Request.RefusedAsync("train", "lenet-300-100", "--data", empty, "-o", target));
        Assert.StartsWith($"{empty}: ", await Request.RefusedAsync("evaluate", workshop.Model, "--data", empty));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task What_cannot_be_written_is_refused_before_the_work()
    {
        var folder = workshop.Empty();
        var target = Path.Combine(workshop.Model, "out.onnx"); // a file is no folder
        Assert.StartsWith($"{target}: cannot be written", await Request.RefusedAsync("prune", workshop.Model, "--data", workshop.Data, "-o", target));
        Assert.StartsWith($"{target}: cannot be written", await Request.RefusedAsync("train", "mlp", "--data", workshop.Data, "-o", target));
        Assert.StartsWith($"{target}: cannot be written", await Request.RefusedAsync("inspect", workshop.Model, "--json", target));
        Assert.StartsWith($"{target}: cannot be written",
            await Request.RefusedAsync("prune", workshop.Model, "--data", workshop.Data, "-o", Path.Combine(folder, "a.onnx"), "--report", target));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("--criterion", "magnitud")]
    [InlineData("--granularity", "cube")]
    [InlineData("--allocation", "fair")]
    [InlineData("--schedule", "never")]
    [InlineData("--optimizer", "lion")]
    [InlineData("--lr-schedule", "random")]
    public async Task A_word_that_is_not_known_is_named(string flag, string word)
    {
        var folder = workshop.Empty();
        Assert.Contains($"'{word}'", await Request.RefusedAsync("prune", workshop.Model, "--data", workshop.Data, "-o", Path.Combine(folder, "a.onnx"), flag, word));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }
}
