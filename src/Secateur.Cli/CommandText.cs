using System.CommandLine;

namespace Secateur.Cli;

/// <summary>A request as it could be typed again.</summary>
internal static class CommandText
{
    private const string Plain = "-_./=,:%@+";

    public static string Of(ParseResult request) => string.Join(' ', request.Tokens.Select(token => Quote(token.Value)).Prepend("secateur"));

    // for a POSIX shell
    private static string Quote(string word) =>
        word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter)) ? word : $"'{word.Replace("'", @"'\''")}'";
}
