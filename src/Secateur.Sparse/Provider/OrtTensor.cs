namespace Secateur.Sparse.Provider;

/// <summary>A tensor of ONNX Runtime's: its shape and data lie where they are and live as long as it does.</summary>
internal readonly unsafe struct OrtTensor
{
    private readonly long* _shape;

    public OrtTensor(Ort ort, void* value)
    {
        int type;
        long* shape;
        nuint rank;
        ort.Check(((delegate* unmanaged[Cdecl]<void*, int*, long**, nuint*, void*>)ort[Slot.GetTensorElementTypeAndShapeDataReference])(value, &type, &shape, &rank));
        _shape = shape;
        Type = type;
        Rank = (int)rank;
        Data = (float*)ort.Read<nint>(Slot.GetTensorData, value);
    }

    public const int Integer64 = 7;

    /// <summary>ONNX's number of the element type.</summary>
    public int Type { get; }

    public int Rank { get; }

    /// <summary>Floats, where <see cref="Type"/> says so.</summary>
    public float* Data { get; }

    public ReadOnlySpan<long> Shape => new(_shape, Rank);

    public long Elements
    {
        get
        {
            var elements = 1L;
            foreach (var extent in Shape) elements *= extent;
            return elements;
        }
    }
}
