using System.Collections.Immutable;
using System.Text;

namespace Secateur.Sparse.Provider;

/// <summary>A node of a graph.</summary>
internal sealed unsafe class GraphNode(Ort ort, nint handle)
{
    private const int Integer = 1, Integers = 2, Float = 3, Floats = 4, String = 5; // OrtOpAttrType

    public nint Handle => handle;
    public string Name { get; } = ort.Text(Slot.Node_GetName, (void*)handle);

    /// <summary>The operator; those of other domains than ONNX's own begin with it: <c>com.microsoft.FusedMatMul</c>.</summary>
    public string Operator { get; } = ort.Text(Slot.Node_GetDomain, (void*)handle) is { Length: > 0 } domain and not "ai.onnx"
        ? $"{domain}.{ort.Text(Slot.Node_GetOperatorType, (void*)handle)}" : ort.Text(Slot.Node_GetOperatorType, (void*)handle);

    public required ImmutableArray<GraphValue?> Inputs { get; init; }
    public required ImmutableArray<GraphValue?> Outputs { get; init; }

    public GraphValue Output => Outputs[0]!;

    /// <summary>Null where it is left out.</summary>
    public GraphValue? Input(int at) => at < Inputs.Length ? Inputs[at] : null;

    /// <summary>The input beside one of two.</summary>
    public GraphValue? Beside(GraphValue value) => Inputs is not [{ } left, { } right] ? null : left == value ? right : left;

    public long Whole(string attribute, long otherwise)
    {
        var value = stackalloc long[1];
        return Read(attribute, Integer, value, sizeof(long)) == 0 ? otherwise : *value;
    }

    public float Number(string attribute, float otherwise)
    {
        var value = stackalloc float[1];
        return Read(attribute, Float, value, sizeof(float)) == 0 ? otherwise : *value;
    }

    /// <returns>At most 16; empty where there are none.</returns>
    public long[] Wholes(string attribute)
    {
        var values = stackalloc long[16];
        return new ReadOnlySpan<long>(values, (int)Read(attribute, Integers, values, 16 * sizeof(long)) / sizeof(long)).ToArray();
    }

    /// <returns>At most 16; empty where there are none.</returns>
    public float[] Numbers(string attribute)
    {
        var values = stackalloc float[16];
        return new ReadOnlySpan<float>(values, (int)Read(attribute, Floats, values, 16 * sizeof(float)) / sizeof(float)).ToArray();
    }

    /// <returns>Empty where there is none.</returns>
    public string Word(string attribute)
    {
        var text = stackalloc byte[64];
        return Encoding.UTF8.GetString(text, (int)Read(attribute, String, text, 64)).TrimEnd('\0');
    }

    public override string ToString() => Name.Length > 0 ? $"{Operator} '{Name}'" : $"{Operator} of '{Output.Name}'";

    /// <returns>Bytes written; 0 where the node has no such attribute.</returns>
    private nuint Read(string attribute, int type, void* to, nuint room)
    {
        void* found = null;
        fixed (byte* name = Encoding.UTF8.GetBytes(attribute + "\0"))
        {
            var missing = ((delegate* unmanaged[Cdecl]<void*, byte*, void**, void*>)ort[Slot.Node_GetAttributeByName])((void*)handle, name, &found);
            if (missing is not null) ((delegate* unmanaged[Cdecl]<void*, void>)ort[Slot.ReleaseStatus])(missing);
        }
        if (found is null) return 0;
        nuint written = 0;
        ort.Check(((delegate* unmanaged[Cdecl]<void*, int, void*, nuint, nuint*, void*>)ort[Slot.ReadOpAttr])(found, type, to, room, &written));
        return written;
    }
}
