using System.CommandLine;
using System.Text.Json;
using Secateur.Onnx;
using Spectre.Console;

namespace Secateur.Cli;

/// <summary>Results: as a table for people on standard output, as JSON where <c>--json</c> says.</summary>
internal static class Output
{
    private const int PlainWidth = 400; // a table in a file need not be broken

    public static readonly Option<string?> Json = new("--json")
    {
        Recursive = true,
        HelpName = "FILE",
        Description = "write the result as JSON; - writes it to standard output, and nothing else there",
    };

    /// <summary>Asks before the work whether the JSON file could be written.</summary>
    public static void Probe(ParseResult request)
    {
        if (request.GetValue(Json) is { } path and not "-") AtomicFile.Probe(path);
    }

    public static void Write<T>(ParseResult request, T result, Action<IAnsiConsole> people)
    {
        var output = request.InvocationConfiguration.Output;
        var path = request.GetValue(Json);
        if (path == "-")
        {
            output.WriteLine(JsonSerializer.Serialize(result, Secateur.Json.Options));
            return;
        }
        if (path is not null) AtomicFile.WriteText(path, JsonSerializer.Serialize(result, Secateur.Json.Options) + "\n");
        people(ConsoleOn(output, IsTerminal(output)));
        output.Flush();
    }

    /// <summary>A table in the house's look: ruled on a terminal, bare columns elsewhere. A heading that starts with <c>&gt;</c> is of a column of numbers.</summary>
    public static Table Table(IAnsiConsole console, params string[] headings)
    {
        var table = new Table { Border = console.Profile.Out.IsTerminal ? TableBorder.Simple : TableBorder.None };
        foreach (var heading in headings)
        {
            var column = new TableColumn(Markup.Escape(heading.TrimStart('>'))) { NoWrap = !console.Profile.Out.IsTerminal, Padding = new Padding(0, 0, 2, 0) };
            table.AddColumn(heading.StartsWith('>') ? column.RightAligned() : column);
        }
        return table;
    }

    public static void Row(this Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    public static bool IsTerminal(TextWriter writer) =>
        (ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected) || (ReferenceEquals(writer, Console.Error) && !Console.IsErrorRedirected);

    public static IAnsiConsole ConsoleOn(TextWriter writer, bool terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new Sink(writer, terminal),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal) console.Profile.Width = PlainWidth;
        return console;
    }

    private sealed class Sink(TextWriter writer, bool terminal) : IAnsiConsoleOutput
    {
        private readonly AnsiConsoleOutput inner = new(writer);

        public TextWriter Writer => writer;

        public bool IsTerminal => terminal;

        public int Width => terminal ? inner.Width : PlainWidth;

        public int Height => inner.Height;

        public void SetEncoding(System.Text.Encoding encoding) => inner.SetEncoding(encoding);
    }
}
