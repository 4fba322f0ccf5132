namespace Secateur.Data;

/// <summary>The symbols that a recognizer of text knows, by their numbers: 0 is the blank, then a line of a file each, then the space.</summary>
/// <remarks>As PP-OCR's models have it, whose files leave the space out.</remarks>
internal sealed class Symbols
{
    private readonly Dictionary<string, long> numbers = [];
    private readonly string path;

    private Symbols(string path) => this.path = path;

    /// <exception cref="SecateurException">No such file, or it is empty.</exception>
    public static Symbols Open(string path)
    {
        if (!File.Exists(path)) throw new SecateurException($"{path}: no such file of symbols; name a text file with one on each line");
        var symbols = new Symbols(path);
        var lines = File.ReadAllLines(path);
        if (lines.Length == 0) throw new SecateurException($"{path}: is empty; write a symbol on each line");
        foreach (var (index, line) in lines.Append(" ").Index()) symbols.numbers.TryAdd(line, index + 1); // of a symbol that is there twice, the first
        return symbols;
    }

    /// <exception cref="SecateurException">The text holds a symbol that is not among them; the message names it.</exception>
    public long[] Read(string text, string place) => [.. text.EnumerateRunes().Select(rune => numbers.TryGetValue(rune.ToString(), out var number) ? number
        : throw new SecateurException($"{place}: holds '{rune}', which {Path.GetFileName(path)} does not have; take the symbols of this model, or leave the example out"))];
}
