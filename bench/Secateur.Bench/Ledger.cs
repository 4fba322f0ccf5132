using System.Globalization;
using System.Text.Json;
using Secateur.Evaluation;

namespace Secateur.Bench;

/// <summary>Results as they come: each finished cell is on disk at once, and a bench that is started again skips what it has.</summary>
internal sealed class Ledger
{
    private readonly string name;
    private readonly Dictionary<string, Dictionary<string, double>> cells = [];

    public Ledger(string name)
    {
        this.name = name;
        if (File.Exists(JsonPath))
            cells = JsonSerializer.Deserialize<Saved>(File.ReadAllText(JsonPath), Json.Options)!.Cells;
    }

    private string JsonPath => Path.Combine("bench", "results", name + ".json");

    public IReadOnlyDictionary<string, Dictionary<string, double>> Cells => cells;

    /// <summary>The cell of this key; measured now if it is not there yet.</summary>
    public Dictionary<string, double> Cell(string key, string command, Func<Dictionary<string, double>> measure)
    {
        if (cells.TryGetValue(key, out var there)) return there;
        Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {name}: {key}");
        var cell = cells[key] = measure();
        Save(command);
        Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {name}: {key}: {string.Join(", ", cell.Select(pair => $"{pair.Key} {pair.Value:0.####}"))}");
        return cell;
    }

    /// <summary>Keeps what was changed in cells that are there.</summary>
    public void Save(string command) => File.WriteAllText(JsonPath, JsonSerializer.Serialize(new Saved(command, Machine.This().ToString(), cells), Json.Options) + "\n");

    /// <summary>Writes the table for people beside the JSON.</summary>
    public void Table(string title, string command, string text, IEnumerable<string[]> rows)
    {
        var lines = rows.Select(row => $"| {string.Join(" | ", row)} |").ToList();
        lines.Insert(1, "|" + string.Concat(Enumerable.Repeat(" --- |", lines[0].Count(letter => letter == '|') - 1)));
        File.WriteAllText(Path.ChangeExtension(JsonPath, ".md"),
            $"# {title}\n\n`{command}`, {DateTime.UtcNow:yyyy-MM-dd}, on {Machine.This()}.\n\n{text}\n\n{string.Join('\n', lines)}\n");
    }

    public static string Percent(double value) => (100 * value).ToString("0.00", CultureInfo.InvariantCulture) + " %";

    public static string Spread(IReadOnlyCollection<double> values, string format) => values.Count == 1
        ? values.First().ToString(format, CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{values.Average().ToString(format, CultureInfo.InvariantCulture)} ({values.Min().ToString(format, CultureInfo.InvariantCulture)} to {values.Max().ToString(format, CultureInfo.InvariantCulture)})");

    private sealed record Saved(string Command, string Machine, Dictionary<string, Dictionary<string, double>> Cells);
}
