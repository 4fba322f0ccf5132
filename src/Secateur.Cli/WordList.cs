using System.Collections.Immutable;
using System.CommandLine;

namespace Secateur.Cli;

/// <summary>A command that lists the words of one of the library's tables.</summary>
internal static class WordList
{
    public static Command Command(string name, string description, IEnumerable<(string Name, string Summary)> words)
    {
        var sorted = words.OrderBy(word => word.Name, StringComparer.Ordinal).Select(word => new Word(word.Name, word.Summary)).ToImmutableArray();
        Command command = new(name, description);
        command.SetAction(request =>
        {
            Output.Write(request, new Dictionary<string, ImmutableArray<Word>> { [name] = sorted }, console =>
            {
                var table = Output.Table(console, "name", "what it is");
                foreach (var word in sorted) table.Row(word.Name, word.Summary);
                console.Write(table);
            });
        });
        return command;
    }

    private sealed record Word(string Name, string Summary);
}
