using Google.Protobuf;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>One of ONNX's own node tests: a model of a node or a few, inputs, and the outputs that the standard asks for.</summary>
/// <remarks>A folder with <c>model.onnx</c> and <c>test_data_set_0/{input,output}_N.pb</c>, as ONNX's source and Debian's libonnx-testdata hold them.</remarks>
public sealed record NodeCase(string Folder)
{
    private const double Relative = 1e-3, Absolute = 1e-7; // those of ONNX's own runner

    private ModelProto? proto;

    public string Name => Path.GetFileName(Folder)["test_".Length..];

    public ModelProto Proto => proto ??= ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(Folder, "model.onnx")));

    /// <summary>The operators of its nodes, those of functions and subgraphs not among them.</summary>
    public IEnumerable<string> Operators => Proto.Graph.Node.Select(node => node.Domain is "" or "ai.onnx" ? node.OpType : $"{node.Domain}.{node.OpType}").Distinct();

    public long Opset => Proto.OpsetImport.Where(import => import.Domain is "" or "ai.onnx").Select(import => import.Version).DefaultIfEmpty(0).Max();

    /// <summary>Whether all nodes are of ONNX's own domain.</summary>
    public bool IsPlain => Proto.Graph.Node.All(node => node.Domain is "" or "ai.onnx");

    /// <summary>Whether all that goes in and out is a tensor of float32, int32, int64 or bool.</summary>
    public bool IsCommon => Values.All(value => value.Type.TensorType is { } tensor && (TensorProto.Types.DataType)tensor.ElemType
        is TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Int32 or TensorProto.Types.DataType.Int64 or TensorProto.Types.DataType.Bool);

    /// <summary>Whether what goes in and out is tensors and sequences of them, at least one sequence.</summary>
    public bool HasSequence => Values.Any(value => value.Type.SequenceType is not null) && Values.All(value => value.Type.OptionalType is null);

    private IEnumerable<ValueInfoProto> Values => Proto.Graph.Input.Concat(Proto.Graph.Output);

    /// <summary>Those under a folder, by name.</summary>
    public static IEnumerable<NodeCase> In(string folder) => Directory.EnumerateDirectories(folder, "test_*").Order(StringComparer.Ordinal).Select(path => new NodeCase(path));

    /// <summary>The inputs of the test, in the model's order.</summary>
    public TensorProto[] Inputs => Read("input", Proto.Graph.Input);

    /// <summary>What must come out, in the model's order.</summary>
    public TensorProto[] Outputs => Read("output", Proto.Graph.Output);

    /// <summary>Runs the case on our operators.</summary>
    /// <returns>What is wrong; null where all outputs are as they must be.</returns>
    public string? Check()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        try
        {
            var model = OnnxModel.Load(Path.Combine(Folder, "model.onnx"));
            using var network = new Network(model);
            var inputs = Given("input", Proto.Graph.Input).Zip(Proto.Graph.Input).ToDictionary(pair => pair.Second.Name, pair => pair.First);
            var made = network.RunValues(inputs.GetValueOrDefault);
            foreach (var (want, have) in Given("output", Proto.Graph.Output).Zip(made))
            {
                if (want is Absent && have is Absent) continue;
                if (want is Texts words && have is Texts own)
                {
                    if (!words.Shape.SequenceEqual(own.Shape) || !words.Elements.SequenceEqual(own.Elements)) return "a text comes out otherwise";
                    continue;
                }
                if (want is Texts or Absent || have is Texts or Absent || want is Sequence != have is Sequence || Tensors(want).Length != Tensors(have).Length)
                    return $"{have.Described()} comes out, not {want.Described()}";
                if (Difference(Tensors(want), Tensors(have)) is { } difference) return difference;
            }
            return null;
        }
        catch (SecateurException e)
        {
            return e.Message.Replace(Folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        }
    }

    /// <summary>What sets the second apart from the first, by ONNX's own tolerance; null where nothing does.</summary>
    public static string? Difference(Tensor[] expected, Tensor[] made)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var (want, have) = (expected[i], made[i]);
            if (want.dtype != have.dtype) return $"output {i} is of type {have.dtype}, not {want.dtype}";
            if (!want.shape.AsSpan().SequenceEqual(have.shape)) return $"output {i} has shape [{string.Join(", ", have.shape)}], not [{string.Join(", ", want.shape)}]";
            if (!allclose(have.to(ScalarType.Float64), want.to(ScalarType.Float64), Relative, Absolute, equal_nan: true)) return $"output {i} has other values";
        }
        return null;
    }

    private static Tensor[] Tensors(IDisposable value) => value is Sequence sequence ? [.. sequence.Tensors] : [(Tensor)value];

    /// <summary>The values of the test: tensors, texts, sequences of tensors, and values that may be missing.</summary>
    private IDisposable[] Given(string kind, IReadOnlyList<ValueInfoProto> values) => [.. values.Select((value, index) =>
        value.Type.OptionalType is not null ? OfOptional(File.ReadAllBytes(FileOf(kind, index)))
        : value.Type.SequenceType?.ElemType.TensorType is null ? Of(Read(kind, values, index))
        : Of(SequenceProto.Parser.ParseFrom(File.ReadAllBytes(FileOf(kind, index)))))];

    private static IDisposable Of(TensorProto tensor) => tensor.Type() == TensorProto.Types.DataType.String ? Texts.Of(tensor) : tensor.ToTorch();

    private static Sequence Of(SequenceProto sequence) => new([.. sequence.TensorValues.Select(tensor => tensor.ToTorch())]);

    /// <summary>An <c>OptionalProto</c>, whose fields 3 and 5 are a tensor and a sequence.</summary>
    private static IDisposable OfOptional(byte[] bytes)
    {
        using var input = new CodedInputStream(bytes);
        while (input.ReadTag() is > 0 and var tag)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 3: return Of(TensorProto.Parser.ParseFrom(input.ReadBytes()));
                case 5: return Of(SequenceProto.Parser.ParseFrom(input.ReadBytes()));
                default: input.SkipLastField(); break;
            }
        }
        return Absent.Value;
    }

    private string FileOf(string kind, int index) => Path.Combine(Folder, "test_data_set_0", $"{kind}_{index}.pb");

    private TensorProto[] Read(string kind, IReadOnlyList<ValueInfoProto> values) => [.. values.Select((_, index) => Read(kind, values, index))];

    private TensorProto Read(string kind, IReadOnlyList<ValueInfoProto> values, int index)
    {
        var (file, value) = (FileOf(kind, index), values[index]);
        if (value.Type.TensorType is null || !File.Exists(file)) throw new SecateurException($"{kind} '{value.Name}' is no tensor");
        var tensor = TensorProto.Parser.ParseFrom(File.ReadAllBytes(file));
        // the generator, in NumPy, has no bfloat16 and says uint16
        if ((TensorProto.Types.DataType)value.Type.TensorType.ElemType == TensorProto.Types.DataType.Bfloat16) tensor.DataType = value.Type.TensorType.ElemType;
        return tensor;
    }
}
