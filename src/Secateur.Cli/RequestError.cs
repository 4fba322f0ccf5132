using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Secateur.Cli;

/// <summary>What is wrong with a request before anything is done.</summary>
internal static class RequestError
{
    /// <returns>One line: the fault and the mend; null for a request that can be tried.</returns>
    public static string? In(ParseResult request)
    {
        var command = request.CommandResult.Command;
        if (request.Errors.Count == 0 && UnknownFlag(request) is not { }) return null;
        if (request.Action is { ClearsParseErrors: true }) return null; // --help and --version answer whatever else is asked
        var help = $"{Path(request.CommandResult)} --help";
        if (UnknownFlag(request) is { } flag)
            return Flags(request.CommandResult).Contains(flag) ? $"a value is missing before '{flag}'; see {help}" :
                $"'{flag}' is no flag of {Path(request.CommandResult)}{Suggestion(flag, Flags(request.CommandResult))}; {help} lists them";
        if (command.Subcommands.Count > 0)
            return request.UnmatchedTokens.FirstOrDefault() is { } word
                ? $"'{word}' is no command{Suggestion(word, command.Subcommands.Select(known => known.Name))}; {help} lists them"
                : $"no command is given; {help} lists them";
        if (request.UnmatchedTokens.FirstOrDefault() is { } left) return $"'{left}' is one argument too many; see {help}";
        var message = request.Errors[0].Message.TrimEnd('.');
        return message.Contains("; ") || message.Contains(": ") && message.StartsWith('-') ? message : $"{message}; see {help}";
    }

    // what looks like a flag but was taken for a value
    private static string? UnknownFlag(ParseResult request) => request.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
        .Where(token => token.Type == TokenType.Argument).Select(token => token.Value)
        .FirstOrDefault(text => text is ['-', '-', _, ..] or ['-', >= 'A', ..]) is { } flag ? flag.Split('=')[0] : null;

    private static IEnumerable<string> Flags(SymbolResult? place)
    {
        for (; place is CommandResult { Command: var command }; place = place.Parent)
            foreach (var option in command.Options)
                foreach (var name in option.Aliases.Prepend(option.Name)) yield return name;
    }

    private static string Path(SymbolResult? place) =>
        place is CommandResult { Command.Name: var name } ? place.Parent is CommandResult outer ? $"{Path(outer)} {name}" : name : "";

    private static string Suggestion(string word, IEnumerable<string> known)
    {
        var (nearest, edits) = known.Select(other => (other, Edits(word, other))).MinBy(pair => pair.Item2);
        return nearest is not null && word.Length > 3 && edits <= Math.Max(2, word.Length / 3) ? $"; did you mean {nearest}?" : "";
    }

    /// <summary>Edits from one word to the other (Levenshtein 1966).</summary>
    private static int Edits(string one, string other)
    {
        var costs = Enumerable.Range(0, other.Length + 1).ToArray();
        foreach (var (row, letter) in one.Index())
        {
            var (corner, left) = (costs[0], costs[0] = row + 1);
            for (var column = 1; column <= other.Length; column++)
            {
                left = Math.Min(Math.Min(left, costs[column]) + 1, corner + (letter == other[column - 1] ? 0 : 1));
                (corner, costs[column]) = (costs[column], left);
            }
        }
        return costs[^1];
    }
}
