using CsCheck;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests;

public sealed class TensorDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<DataType> FixedWidth => [.. Enum.GetValues<DataType>().Where(type => TensorData.Width(type) > 0)];

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(FixedWidth))]
    public void Typed_fields_and_raw_data_are_the_same_elements(DataType type) =>
        Gen.Int[0, 7].SelectMany(count => Gen.Byte.Array[count * TensorData.Width(type)]).Sample(bytes =>
        {
            var count = bytes.Length / TensorData.Width(type);
            var raw = SmallGraphs.Tensor<byte>("t", type, bytes, count);
            var typed = Typed(type, bytes, count);
            Assert.Empty(typed.RawData);
            Assert.Equal(bytes, raw.Bytes().ToArray());
            Assert.Equal(bytes, typed.Bytes().ToArray());
            typed.SetBytes(bytes);
            Assert.Equal(raw, typed);
        }, iter: 50);

    [Theory, MemberData(nameof(FixedWidth))]
    public void A_file_with_typed_fields_loads_with_the_elements_that_it_holds(DataType type)
    {
        var bytes = Enumerable.Range(1, 2 * TensorData.Width(type)).Select(i => (byte)i).ToArray();
        var proto = Small.Proto();
        proto.Graph.Initializer.Add(Typed(type, bytes, 2));
        Assert.Equal(bytes, OnnxModel.Load(folder.With("one.onnx", proto)).Graph.Constants["t"].Bytes().ToArray());
    }

    [Fact]
    public void Elements_in_the_field_of_another_type_do_not_count()
    {
        var proto = Small.Proto();
        var tensor = new TensorProto { Name = "t", DataType = (int)DataType.Float };
        tensor.Dims.Add(2);
        tensor.Int32Data.Add([1, 2]);
        proto.Graph.Initializer.Add(tensor);
        Refused(proto, "tensor 't' has shape [2] but 0 elements; the file is damaged, export it again");
    }

    [Fact]
    public void Lists_of_numbers_may_be_packed_or_not()
    {
        byte[] packed = [0x0A, 2, 2, 1, 0x10, 7, 0x3A, 2, 5, 6]; // dims [2, 1], int64, int64_data [5, 6]
        byte[] single = [0x08, 2, 0x08, 1, 0x10, 7, 0x38, 5, 0x38, 6];
        Assert.Equal(TensorProto.Parser.ParseFrom(single), TensorProto.Parser.ParseFrom(packed));
        Assert.Equal([5L, 6], TensorProto.Parser.ParseFrom(single).ToArray<long>());
    }

    [Theory]
    [InlineData(2, "tensor 'dense' has shape [3, 2] but 12 elements; the file is damaged, export it again")]
    [InlineData(5, "tensor 'dense' has shape [3, 5] but 12 elements; the file is damaged, export it again")]
    [InlineData(-4, "tensor 'dense' has the impossible shape [3, -4]; export the model again")]
    [InlineData(long.MaxValue, "tensor 'dense' has the impossible shape [3, 9223372036854775807]; export the model again")]
    [InlineData(long.MinValue, "tensor 'dense' has the impossible shape [3, -9223372036854775808]; export the model again")]
    public void Shape_and_data_must_agree(long size, string message)
    {
        var proto = Small.Proto();
        proto.Graph.Initializer[0].Dims[1] = size;
        Refused(proto, message);
    }

    [Fact]
    public void A_product_of_sizes_that_overflows_to_the_right_count_is_refused()
    {
        var proto = Small.Proto();
        var dims = proto.Graph.Initializer[0].Dims;
        dims.Clear();
        dims.Add([1L << 62, 4, 3]);
        Refused(proto, "tensor 'dense' has the impossible shape [4611686018427387904, 4, 3]; export the model again");
        dims.Clear();
        dims.Add([0, long.MaxValue, 3]);
        Refused(proto, "tensor 'dense' has the impossible shape [0, 9223372036854775807, 3]; export the model again");
    }

    [Fact]
    public void Raw_data_ends_with_an_element()
    {
        var proto = Small.Proto();
        var tensor = proto.Graph.Initializer.Single(tensor => tensor.Name == "scalar");
        tensor.RawData = ByteString.CopyFrom(0, 0, 128, 63, 1);
        Refused(proto, "tensor 'scalar' has shape [] but 1 elements; the file is damaged, export it again");
    }

    [Fact]
    public void Tensors_in_attributes_are_checked_too()
    {
        var proto = Small.Proto();
        var broken = TensorData.Of("", [1f, 2, 3], 4);
        proto.Graph.Node[0].Attribute[0].T = broken;
        Refused(proto, "tensor 'bias' has shape [4] but 3 elements; the file is damaged, export it again");
        proto.Graph.Node[0] = SmallGraphs.Node("ConstantOfShape", ["scalar"], ["bias"], ("value", broken));
        Refused(proto, "tensor 'constantofshape.value' has shape [4] but 3 elements; the file is damaged, export it again");
    }

    [Fact]
    public void Texts_have_no_bytes()
    {
        var tensor = new TensorProto { Name = "words", DataType = (int)DataType.String };
        tensor.Dims.Add(1);
        tensor.StringData.Add(ByteString.CopyFromUtf8("a"));
        Assert.Equal("tensor 'words': elements of type String cannot be read as bytes", Assert.Throws<SecateurException>(() => tensor.Bytes().Length).Message);
    }

    private static TensorProto Typed(DataType type, byte[] bytes, int count)
    {
        var tensor = new TensorProto { Name = "t", DataType = (int)type };
        tensor.Dims.Add(count);
        IEnumerable<T> Read<T>(int width, Func<byte[], int, T> read) => Enumerable.Range(0, bytes.Length / width).Select(i => read(bytes, i * width));
        switch (type)
        {
            case DataType.Float or DataType.Complex64: tensor.FloatData.Add(Read(4, BitConverter.ToSingle)); break;
            case DataType.Double or DataType.Complex128: tensor.DoubleData.Add(Read(8, BitConverter.ToDouble)); break;
            case DataType.Int64: tensor.Int64Data.Add(Read(8, BitConverter.ToInt64)); break;
            case DataType.Uint32: tensor.Uint64Data.Add(Read(4, (b, i) => (ulong)BitConverter.ToUInt32(b, i))); break;
            case DataType.Uint64: tensor.Uint64Data.Add(Read(8, BitConverter.ToUInt64)); break;
            case DataType.Int32: tensor.Int32Data.Add(Read(4, BitConverter.ToInt32)); break;
            case DataType.Int16: tensor.Int32Data.Add(Read(2, (b, i) => (int)BitConverter.ToInt16(b, i))); break;
            case DataType.Uint16 or DataType.Float16 or DataType.Bfloat16: tensor.Int32Data.Add(Read(2, (b, i) => (int)BitConverter.ToUInt16(b, i))); break;
            case DataType.Int8: tensor.Int32Data.Add(bytes.Select(b => (int)(sbyte)b)); break;
            default: tensor.Int32Data.Add(bytes.Select(b => (int)b)); break;
        }
        return tensor;
    }

    private void Refused(ModelProto proto, string message)
    {
        var path = folder.With("bad.onnx", proto);
        Assert.Equal($"{path}: {message}", Assert.Throws<SecateurException>(() => OnnxModel.Load(path)).Message);
    }
}
