namespace Secateur.Sparse.Provider;

/// <summary>A value of a graph.</summary>
internal sealed unsafe class GraphValue(Ort ort, nint handle, string name)
{
    private (int Type, long[]? Shape)? _type;

    public string Name => name;

    /// <summary>Null of what comes into the graph.</summary>
    public GraphNode? Maker { get; set; }

    /// <summary>The nodes that take it, once for each time that they do.</summary>
    public List<GraphNode> Users { get; } = [];

    public bool IsOutput => ort.Read<byte>(Slot.ValueInfo_IsGraphOutput, (void*)handle) != 0;
    public bool IsConstant => ort.Read<byte>(Slot.ValueInfo_IsConstantInitializer, (void*)handle) != 0;

    /// <summary>The one node that takes it; null where there are more or none, or where it leaves the graph.</summary>
    public GraphNode? OnlyUser => Users is [var user] && !IsOutput ? user : null;

    /// <summary>Of its elements, ONNX's number; 0 where it is not known or no tensor.</summary>
    public int Type => Read().Type;

    public bool IsFloat => Type == Ort.Float;

    /// <summary>−1 where an extent is not known; null where nothing is.</summary>
    public long[]? Shape => Read().Shape;

    /// <summary>Its data, of a value that is constant.</summary>
    public OrtTensor Constant => new(ort, (void*)ort.Read<nint>(Slot.ValueInfo_GetInitializerValue, (void*)handle));

    private (int Type, long[]? Shape) Read()
    {
        if (_type is { } known) return known;
        var info = ort.Read<nint>(Slot.GetValueInfoTypeInfo, (void*)handle);
        var tensor = info == 0 ? 0 : ort.Read<nint>(Slot.CastTypeInfoToTensorInfo, (void*)info);
        if (tensor == 0) return (_type = (0, null)).Value;
        var type = ort.Read<int>(Slot.GetTensorElementType, (void*)tensor);
        if (((delegate* unmanaged[Cdecl]<void*, byte>)ort[Slot.TensorTypeAndShape_HasShape])((void*)tensor) == 0) return (_type = (type, null)).Value;
        var shape = new long[ort.Read<nuint>(Slot.GetDimensionsCount, (void*)tensor)];
        fixed (long* first = shape)
            if (shape.Length > 0) ort.Check(((delegate* unmanaged[Cdecl]<void*, long*, nuint, void*>)ort[Slot.GetDimensions])((void*)tensor, first, (nuint)shape.Length));
        return (_type = (type, shape)).Value;
    }
}
