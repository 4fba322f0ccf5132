using System.CommandLine;

namespace Secateur.Cli.Tests;

public sealed class RequestErrorTests
{
    public static TheoryData<string> Commands => [.. Program.Root.Subcommands.Select(command => command.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help_and_every_flag_says_what_it_does(string command)
    {
        var help = await Request.RunAsync(command, "--help");
        Assert.Equal((0, ""), (help.Status, help.Error));
        Assert.Contains($"secateur {command}", help.Output);
        var known = Program.Root.Subcommands.Single(other => other.Name == command);
        Assert.All(known.Options, option => Assert.False(string.IsNullOrEmpty(option.Description), option.Name));
        Assert.All(known.Options, option => Assert.Contains(option.Name, help.Output));
        Assert.All(known.Arguments, argument => Assert.False(string.IsNullOrEmpty(argument.Description), argument.Name));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task An_unknown_flag_is_refused_by_every_command(string command)
    {
        Assert.Equal($"'--jsn' is no flag of secateur {command}; did you mean --json?; secateur {command} --help lists them", await Request.RefusedAsync(command, "a.onnx", "--jsn", "-"));
    }

    [Theory]
    [InlineData("no command is given; secateur --help lists them")]
    [InlineData("'prun' is no command; did you mean prune?; secateur --help lists them", "prun", "a.onnx")]
    [InlineData("'--sparsty' is no flag of secateur prune; did you mean --sparsity?; secateur prune --help lists them", "prune", "a.onnx", "--sparsty=0.9")]
    [InlineData("'-x' is no flag of secateur evaluate; secateur evaluate --help lists them", "evaluate", "a.onnx", "-x")]
    [InlineData("a value is missing before '--sparsity'; see secateur prune --help", "prune", "a.onnx", "--data", "--sparsity", "0.9")]
    [InlineData("'b.onnx' is one argument too many; see secateur inspect --help", "inspect", "a.onnx", "b.onnx")]
    [InlineData("--epochs 'many': write a whole number from 0 to 100000", "prune", "a.onnx", "--epochs", "many")]
    [InlineData("--lr 'fast': write a number from 1E-12 to 100, such as 0.001", "train", "mlp", "-o", "b.onnx", "--lr", "fast")]
    [InlineData("--threads '0': write a whole number from 1 to 1024", "inspect", "a.onnx", "--threads", "0")]
    [InlineData("--when 'never': take one of before, during, after", "prune", "a.onnx", "--when", "never")]
    [InlineData("--sparsity '90': is it a fraction or a percentage? write 0.9 or 90%", "prune", "a.onnx", "--sparsity", "90")]
    [InlineData("--size '1.5x': write bytes such as 120000, 120KB or 1.5MB", "prune", "a.onnx", "--size", "1.5x")]
    [InlineData("--layer 'fc1': write NAME=SPARSITY such as fc1*=0.9", "prune", "a.onnx", "--layer", "fc1")]
    [InlineData("--shape 'x=1,no': write INPUT=SIZES such as x=1,3,48,320", "inspect", "a.onnx", "--shape", "x=1,no")]
    [InlineData("prune: no file to write is named; give -o OUT, or --plan for a dry run", "prune", "a.onnx")]
    [InlineData("evaluate: no data is named; give --data", "evaluate", "a.onnx")]
    public async Task A_wrong_request_is_refused_in_one_line(string line, params string[] arguments) =>
        Assert.Equal(line, await Request.RefusedAsync(arguments));

    [Fact]
    public async Task A_missing_argument_is_named()
    {
        Assert.Contains("MODEL", await Request.RefusedAsync("inspect"));
        Assert.Contains("--output", await Request.RefusedAsync("train", "mlp", "--data", "d"));
        Assert.Contains("--data", await Request.RefusedAsync("prune", "a.onnx", "--data"));
    }
}
