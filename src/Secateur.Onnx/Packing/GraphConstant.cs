using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>A constant tensor of a graph: an initializer, or what a <c>Constant</c> node holds.</summary>
internal sealed class GraphConstant
{
    /// <summary>Of the file format: until then every initializer is an input too, which none can replace.</summary>
    public const int InputsVersion = 4;

    private readonly NodeProto? holder; // null of an initializer
    private readonly ValueInfoProto? input; // that the old format makes of it

    private GraphConstant(TensorProto tensor, NodeProto? holder, ValueInfoProto? input) => (Tensor, this.holder, this.input) = (tensor, holder, input);

    public TensorProto Tensor { get; }

    /// <summary>By which nodes read it. The tensor that a node holds may have another one, which means nothing and stays.</summary>
    public string Name
    {
        get => holder?.Output[0] ?? Tensor.Name;
        set
        {
            if (holder is null) Tensor.Name = value;
            else holder.Output[0] = value;
            input?.Name = value;
        }
    }

    /// <summary>Whether it is the input, in name alone.</summary>
    public bool Is(ValueInfoProto input) => ReferenceEquals(this.input, input);

    /// <summary>Gives it other elements; all else that the file says of it is kept.</summary>
    public void Fill(DataType type, byte[] bytes, ReadOnlySpan<long> shape)
    {
        Tensor.Release();
        (Tensor.DataType, Tensor.RawData) = ((int)type, UnsafeByteOperations.UnsafeWrap(bytes));
        Tensor.Dims.Clear();
        Tensor.Dims.AddRange(shape);
        input?.Type = Type(type, shape);
    }

    /// <summary>By name, in the order of the file; those are left out whose name is there twice.</summary>
    public static Dictionary<string, GraphConstant> Of(ModelProto model)
    {
        var inputs = model.IrVersion >= InputsVersion ? [] : model.Graph.Input.GroupBy(input => input.Name).Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.Single());
        return Of(model.Graph, inputs);
    }

    /// <summary>Those that nodes of a graph can read, which a node holds: its own, and those of the graph around it.</summary>
    /// <param name="inner">The graph.</param>
    /// <param name="around">What the graph around it can read.</param>
    public static Dictionary<string, GraphConstant> Of(GraphProto inner, Dictionary<string, GraphConstant> around)
    {
        HashSet<string> made = [.. Scope.Names(inner)]; // which hide what is called the same around it
        return around.Where(constant => !made.Contains(constant.Key)).Concat(Of(inner, new Dictionary<string, ValueInfoProto>())).ToDictionary();
    }

    private static Dictionary<string, GraphConstant> Of(GraphProto graph, IReadOnlyDictionary<string, ValueInfoProto> inputs) =>
        graph.Initializer.Select(tensor => new GraphConstant(tensor, null, inputs.GetValueOrDefault(tensor.Name) is { } input && Type(tensor.Type(), [.. tensor.Dims]).Equals(input.Type) ? input : null))
            .Concat(graph.Node.Select(Held).OfType<GraphConstant>())
            .GroupBy(constant => constant.Name).Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.Single());

    /// <summary>Of a tensor.</summary>
    public static TypeProto Type(DataType type, ReadOnlySpan<long> shape)
    {
        var sizes = new TensorShapeProto();
        foreach (var size in shape) sizes.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return new() { TensorType = new() { ElemType = (int)type, Shape = sizes } };
    }

    /// <summary>Numbers that lie in the node itself are read as a tensor; to change that one changes nothing.</summary>
    private static GraphConstant? Held(NodeProto node) => node is not { OpType: "Constant", Output: [{ Length: > 0 } name], Attribute: [var value] } || OnnxModel.Domain(node.Domain).Length > 0 ? null : value switch
    {
        { Name: "value", T: { } tensor } => new(tensor, node, null),
        { Name: "value_float" } => new(TensorData.Of(name, [value.F]), node, null),
        { Name: "value_int" } => new(TensorData.Of(name, (ReadOnlySpan<long>)[value.I]), node, null),
        { Name: "value_ints" } => new(TensorData.Of(name, (ReadOnlySpan<long>)[.. value.Ints], value.Ints.Count), node, null),
        { Name: "value_floats" } => new(TensorData.Of(name, [.. value.Floats], value.Floats.Count), node, null),
        _ => null,
    };
}
