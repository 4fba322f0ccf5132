using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>Where the elements of tensors lie in an ONNX file, found without reading them.</summary>
internal sealed class TensorScan
{
    private const int Deepest = 100; // protobuf's own limit
    private const int LongestField = 1 << 16; // of a tensor's name, dimensions and place in another file

    private readonly WireReader reader;

    private TensorScan(WireReader reader) => this.reader = reader;

    private enum Message { Model, Training, Function, Graph, Node, Attribute, Sparse, Tensor }

    /// <summary>Elements in the file itself.</summary>
    public List<Piece> Inside { get; } = [];

    /// <summary>Tensors whose elements are in another file; they hold all but elements.</summary>
    public List<(string Name, TensorProto Tensor)> Outside { get; } = [];

    /// <exception cref="SecateurException">It is no ONNX file.</exception>
    public static TensorScan Of(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var length = RandomAccess.GetLength(file);
            var scan = new TensorScan(new(file, length));
            if (!scan.Read(Message.Model, length, 0)) throw new InvalidDataException("no graph");
            return scan;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidProtocolBufferException or OverflowException)
        {
            throw new SecateurException($"{path}: is no ONNX file or is truncated; copy or export it again", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SecateurException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check its permissions", e);
        }
    }

    /// <returns>Whether a message was in it that can hold tensors.</returns>
    private bool Read(Message message, long end, int depth)
    {
        if (depth > Deepest) throw new InvalidDataException("nested too deep");
        var holds = false;
        while (reader.Position < end)
        {
            var field = reader.Field(end);
            if (!field.IsMessage || Within(message, field.Number) is not { } inner) continue;
            reader.Position = field.Offset;
            if (inner == Message.Tensor) Tensor(field.Offset + field.Length);
            else Read(inner, field.Offset + field.Length, depth + 1);
            holds |= inner == Message.Graph;
        }
        return holds;
    }

    // field numbers of onnx.proto
    private static Message? Within(Message message, int field) => (message, field) switch
    {
        (Message.Model, 7) or (Message.Training, 1 or 2) or (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Model, 20) => Message.Training,
        (Message.Model, 25) => Message.Function,
        (Message.Function, 7) or (Message.Graph, 1) => Message.Node,
        (Message.Node, 5) => Message.Attribute,
        (Message.Graph, 15) or (Message.Attribute, 22 or 23) => Message.Sparse,
        (Message.Graph, 5) or (Message.Attribute, 5 or 10) or (Message.Sparse, 1 or 2) => Message.Tensor,
        _ => null,
    };

    private void Tensor(long end)
    {
        using var rest = new MemoryStream();
        List<(long Offset, long Length)> raw = [];
        while (reader.Position < end)
        {
            var start = reader.Position;
            var field = reader.Field(end);
            switch (field.Number)
            {
                case 9 when field.IsMessage: raw.Add((field.Offset, field.Length)); break;
                case 4 when field.IsMessage: Inside.Add(new(field.Offset, field.Length, Elements.Float32)); break;
                case 10 when field.IsMessage: Inside.Add(new(field.Offset, field.Length, Elements.Float64)); break;
                case 1 or 2 or 8 or 13 or 14 when field.Length <= LongestField: rest.Write(reader.Bytes(start, (int)(reader.Position - start))); break;
            }
        }
        var tensor = TensorProto.Parser.ParseFrom(rest.ToArray());
        if (tensor.DataLocation == DataLocation.External) Outside.Add((tensor.Name, tensor));
        else foreach (var (offset, length) in raw) Inside.Add(new(offset, length, Piece.Of(tensor.Type())));
    }
}
