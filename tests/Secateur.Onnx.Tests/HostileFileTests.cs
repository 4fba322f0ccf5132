using Google.Protobuf;

namespace Secateur.Onnx.Tests;

/// <summary>Whatever the file holds, reading it gives a model or a <see cref="SecateurException"/> of one line.</summary>
public sealed class HostileFileTests : IDisposable
{
    private static readonly TimeSpan FuzzTime = TimeSpan.FromSeconds(4);
    private static readonly byte[][] Numbers = // as protobuf's varints: 0, 1, 2^31 - 1, 2^31, -1, 2^63 - 1, -2^63
    [
        [0], [1], [0xFF, 0xFF, 0xFF, 0xFF, 7], [0x80, 0x80, 0x80, 0x80, 8], [.. Enumerable.Repeat((byte)0xFF, 9), 1],
        [.. Enumerable.Repeat((byte)0xFF, 8), 0x7F], [.. Enumerable.Repeat((byte)0x80, 9), 1],
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Truncated_at_any_length_it_is_refused_or_a_model()
    {
        var whole = Small.Proto().ToByteArray();
        var refused = Enumerable.Range(0, whole.Length).Count(length => Refusal(whole[..length], $"cut at {length}") is not null);
        Assert.InRange(refused, whole.Length - 10, whole.Length); // what stands behind the graph can be missed
        Assert.Null(Refusal(whole, "whole"));
    }

    [Theory]
    [InlineData("", "is empty; export the model again")]
    [InlineData("Hello, I am a text that somebody named .onnx.", "is no ONNX file or is truncated; copy or export it again")]
    [InlineData("{\"ir_version\": 8}", "is no ONNX file or is truncated; copy or export it again")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "is no ONNX file or is truncated; copy or export it again")]
    public void A_text_is_refused(string text, string message) =>
        Assert.Equal($"{folder.File("bad.onnx")}: {message}", Refusal(System.Text.Encoding.UTF8.GetBytes(text), text));

    [Fact]
    public void A_folder_and_an_absent_file_are_refused()
    {
        var absent = folder.File("absent.onnx");
        Assert.Equal($"{folder.Path}: is a folder; name the .onnx file in it", Assert.Throws<SecateurException>(() => OnnxModel.Load(folder.Path)).Message);
        Assert.Equal($"{absent}: no such file; check the path", Assert.Throws<SecateurException>(() => OnnxModel.Load(absent)).Message);
    }

    [Fact]
    public void A_constant_node_without_an_output_is_no_constant()
    {
        var proto = Small.Proto();
        proto.Graph.Node[0].Output.Clear();
        Assert.EndsWith("node 'makes b' reads 'bias', which nothing before it makes; export the model again", Refusal(proto.ToByteArray(), "no output"));
    }

    [Fact]
    public void Graphs_nested_without_end_are_refused()
    {
        byte[] nested = [];
        for (var depth = 0; depth < 2000; depth++) nested = Field(0x0A, Field(0x2A, Field(0x32, nested))); // node, attribute, graph
        Assert.EndsWith("is no ONNX file or is truncated; copy or export it again", Refusal(Field(0x3A, nested), "nested"));
        static byte[] Field(byte tag, byte[] content)
        {
            using var stream = new MemoryStream();
            using var output = new CodedOutputStream(stream);
            output.WriteRawTag(tag);
            output.WriteBytes(ByteString.CopyFrom(content));
            output.Flush();
            return stream.ToArray();
        }
    }

    [Fact]
    public void Damaged_at_random_it_is_refused_or_a_model_that_can_be_saved()
    {
        var whole = Small.Proto().ToByteArray();
        var first = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"first seed {first}");
        var start = TimeProvider.System.GetTimestamp();
        var (seed, refused) = (first, 0);
        while (TimeProvider.System.GetElapsedTime(start) < FuzzTime)
        {
            if (Refusal(Damage(whole, new Random(seed)), $"seed {seed}") is not null) refused++;
            seed++;
        }
        Assert.InRange(refused, (seed - first) / 10, seed - first - 1); // neither harmless nor always fatal
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        var bytes = whole.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var place = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 9), bytes.Count - place);
            switch (random.Next(5))
            {
                case 0: bytes[place] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[place] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(place, length); break;
                case 3: bytes.InsertRange(place, bytes.GetRange(random.Next(bytes.Count - length + 1), length)); break;
                default:
                    bytes.RemoveAt(place);
                    bytes.InsertRange(place, Numbers[random.Next(Numbers.Length)]);
                    break;
            }
        }
        return [.. bytes];
    }

    /// <returns>The message, or null for a file that could be read, used and written; any other exception fails the test.</returns>
    private string? Refusal(byte[] bytes, string what)
    {
        var path = folder.With("bad.onnx", bytes);
        try
        {
            var model = OnnxModel.Load(path);
            foreach (var tensor in model.Graph.Constants.Values)
                if (TensorData.Width(tensor.Type()) is > 0 and var width) Assert.Equal(tensor.Count() * width, tensor.Bytes().Length);
            using var written = new MemoryStream();
            model.Proto.WriteTo(written);
            return null;
        }
        catch (SecateurException e)
        {
            Assert.StartsWith($"{path}: ", e.Message);
            Assert.Contains("; ", e.Message);
            return e.Message;
        }
        catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
        {
            throw new InvalidOperationException($"{what}: {e.GetType().Name} escaped, {Convert.ToBase64String(bytes)}", e);
        }
    }
}
