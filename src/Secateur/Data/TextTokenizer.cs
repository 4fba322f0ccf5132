using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace Secateur.Data;

/// <summary>Turns a text into token numbers.</summary>
internal abstract class TextTokenizer
{
    private const string Mend = "name a vocab.txt, a .model or a folder with vocab.json and merges.txt, or take bytes";

    /// <summary>Token numbers are in [0, Vocabulary).</summary>
    public abstract int Vocabulary { get; }

    /// <summary>What fills a text that is too short.</summary>
    public virtual int Padding => 0;

    /// <returns>At most <paramref name="length"/> tokens.</returns>
    public abstract int[] Encode(string text, int length);

    /// <param name="name">As <see cref="DataOptions.Tokenizer"/>.</param>
    /// <exception cref="SecateurException">No such tokenizer, or its files are damaged; the message names it.</exception>
    public static TextTokenizer For(string? name)
    {
        if (name is null or "bytes") return new ByteTokenizer();
        try
        {
            var folder = Directory.Exists(name) ? name : Path.GetDirectoryName(Path.GetFullPath(name))!;
            var (vocabulary, merges) = (Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
            return Path.GetExtension(name) switch
            {
                _ when !Path.Exists(name) => throw new SecateurException($"--tokenizer {name}: no such file; {Mend}"),
                ".txt" when Path.GetFileName(name) != "merges.txt" => new WordPieceFile(name),
                ".model" or ".spm" => new SentencePieceFile(name),
                _ when File.Exists(vocabulary) && File.Exists(merges) => new BytePairFiles(vocabulary, merges),
                _ when File.Exists(Path.Combine(name, "vocab.txt")) => new WordPieceFile(Path.Combine(name, "vocab.txt")),
                _ => throw new SecateurException($"--tokenizer {name}: is of no known form; {Mend}"),
            };
        }
        catch (Exception e) when (e is not (SecateurException or OutOfMemoryException))
        {
            // what the library throws on a damaged file is of no one kind
            throw new SecateurException($"--tokenizer {name}: cannot be read ({e.Message.Split('\n')[0].TrimEnd('.')}); copy it again from the model it belongs to", e);
        }
    }

    /// <summary>UTF-8 bytes plus 1; 0 pads.</summary>
    private sealed class ByteTokenizer : TextTokenizer
    {
        public override int Vocabulary => 257;

        public override int[] Encode(string text, int length)
        {
            var bytes = Encoding.UTF8.GetBytes(text[..Math.Min(text.Length, length)]); // a character has at least a byte
            return Array.ConvertAll(bytes[..Math.Min(bytes.Length, length)], value => value + 1);
        }
    }

    /// <summary>BERT's <c>vocab.txt</c>, a token a line; [CLS] and [SEP] are put around the text, also around one that is cut.</summary>
    private sealed class WordPieceFile(string path) : TextTokenizer
    {
        private readonly BertTokenizer tokenizer = BertTokenizer.Create(path);

        public override int Vocabulary { get; } = File.ReadLines(path).Count();

        public override int Padding => tokenizer.PaddingTokenId;

        public override int[] Encode(string text, int length)
        {
            int[] all = [.. tokenizer.EncodeToIds(text, addSpecialTokens: true)];
            if (all.Length <= length) return all;
            return [.. all[..(length - 1)], all[^1]];
        }
    }

    /// <summary>A SentencePiece model, with its beginning-of-text token.</summary>
    private sealed class SentencePieceFile(string path) : TextTokenizer
    {
        private readonly SentencePieceTokenizer tokenizer = Read(path);

        public override int Vocabulary => tokenizer.Vocabulary.Count;

        public override int[] Encode(string text, int length) => [.. tokenizer.EncodeToIds(text).Take(length)];

        private static SentencePieceTokenizer Read(string path)
        {
            using var stream = File.OpenRead(path);
            return SentencePieceTokenizer.Create(stream, addBeginningOfSentence: true, addEndOfSentence: false);
        }
    }

    /// <summary>GPT-2's byte-level pairs.</summary>
    private sealed class BytePairFiles(string vocabulary, string merges) : TextTokenizer
    {
        private readonly CodeGenTokenizer tokenizer = Read(vocabulary, merges);

        public override int Vocabulary { get; } = Largest(vocabulary) + 1;

        public override int[] Encode(string text, int length) => [.. tokenizer.EncodeToIds(text).Take(length)];

        private static CodeGenTokenizer Read(string vocabulary, string merges)
        {
            using var first = File.OpenRead(vocabulary);
            using var second = File.OpenRead(merges);
            return CodeGenTokenizer.Create(first, second);
        }

        private static int Largest(string vocabulary)
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(vocabulary));
            return json.RootElement.EnumerateObject().Max(token => token.Value.GetInt32());
        }
    }
}
