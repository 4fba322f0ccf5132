using System.Globalization;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx;

/// <summary>While it lives, the larger tensors of a model point to one file of external data; disposed, they hold their elements again.</summary>
internal sealed class DataFile : IDisposable
{
    private const int Alignment = 4096; // pages, so that whoever loads the model can map each tensor
    private const int Smallest = 1024;

    private readonly List<(TensorProto Tensor, ByteString Elements, long Offset)> moved = [];

    /// <param name="model">Elements in typed fields become raw ones.</param>
    /// <param name="name">Of the data file, which is to lie beside the model.</param>
    public DataFile(ModelProto model, string name)
    {
        foreach (var (_, tensor) in Tensors.Of(model))
        {
            if (Tensors.Bytes(tensor) < Smallest || tensor.StringData.Count > 0) continue;
            if (tensor.RawData.Length == 0 && TensorData.Width(tensor.Type()) > 0) tensor.SetBytes(tensor.Bytes());
            if (tensor.RawData.Length == 0) continue;
            var offset = (Length + Alignment - 1) / Alignment * Alignment;
            moved.Add((tensor, tensor.RawData, offset));
            tensor.ExternalData.Add([Entry("location", name), Entry("offset", offset), Entry("length", tensor.RawData.Length)]);
            tensor.DataLocation = DataLocation.External;
            Length = offset + tensor.RawData.Length;
            tensor.ClearRawData();
        }
    }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; private set; }

    public void WriteTo(Stream stream)
    {
        var padding = new byte[Alignment];
        var written = 0L;
        foreach (var (_, elements, offset) in moved)
        {
            stream.Write(padding, 0, (int)(offset - written));
            stream.Write(elements.Span);
            written = offset + elements.Length;
        }
    }

    public void Dispose()
    {
        foreach (var (tensor, elements, _) in moved)
        {
            tensor.RawData = elements;
            tensor.ExternalData.Clear();
            tensor.ClearDataLocation();
        }
    }

    private static StringStringEntryProto Entry(string key, object value) => new() { Key = key, Value = string.Create(CultureInfo.InvariantCulture, $"{value}") };
}
