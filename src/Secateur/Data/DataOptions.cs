using System.Collections.Immutable;
using Secateur.Onnx;

namespace Secateur.Data;

/// <summary>What a reader may be told about data; each has a default that fits most files.</summary>
public sealed record DataOptions
{
    /// <summary>For text: <c>bytes</c>, or a path to a BERT <c>vocab.txt</c>, a SentencePiece <c>.model</c>, a folder with GPT-2's
    /// <c>vocab.json</c> and <c>merges.txt</c>. Null takes <c>bytes</c>.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Tokens of a text, at least 1; longer ones are cut, shorter ones padded.</summary>
    public int Length { get; init; } = 128;

    /// <summary>The column or array of the classes, or <c>none</c>; null takes the first of <c>labels</c>, <c>label</c>, <c>class</c>,
    /// <c>target</c>, <c>y</c> that is there, and of tables without such a column the last.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Several columns that together are what an example should be answered with; empty for one, see <see cref="LabelColumn"/>.</summary>
    public ImmutableArray<string> LabelColumns { get; init; } = [];

    /// <summary>What the labels are for, a key of <see cref="Tasks.Task.All"/>: for <c>regression</c> whole numbers are no classes. Null tells it from the labels.</summary>
    public string? Task { get; init; }

    /// <summary>A text file of the symbols that labels are written in, one a line, for recognizers of text (<c>ctc</c>).</summary>
    public string? Characters { get; init; }

    /// <summary>False leaves labels aside, as if the data had none.</summary>
    public bool ReadLabels { get; init; } = true;

    /// <summary>Height and width that pictures are resized to; null keeps theirs.</summary>
    public (int Height, int Width)? ImageSize { get; init; }

    /// <summary>How pictures are brought to what the model takes; null assumes it from the model's input, where <see cref="For"/> tells the model.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>The model that the data is for, read only where something must be assumed; null for data of any model.</summary>
    public Func<Graph>? For { get; init; }

    /// <summary>Draws the held-out part, and the test part where none is declared.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The fraction of the training data that decides, in [0, 1); at most <see cref="MostHeldOut"/> examples.</summary>
    public double HeldOutShare { get; init; } = 0.1;

    /// <summary>The fraction drawn as the test part where the source declares none, in [0, 1).</summary>
    public double TestShare { get; init; } = 0.1;

    /// <summary>Those of <see cref="Characters"/>, once read.</summary>
    internal Symbols? Symbols { get; init; }

    /// <summary>For pictures: a text file with a line <c>FILE TAB LABEL</c> for each, instead of a folder for each class.</summary>
    internal string? LabelFile { get; init; }

    /// <summary>A declared test part in a file of its own, for readers that must see both at once.</summary>
    internal string? TestPath { get; init; }

    /// <summary>More than this stays in the files and is read as it is asked for.</summary>
    internal long BytesInMemory { get; init; } = 1 << 30;

    internal const int MostHeldOut = 5_000;
}
