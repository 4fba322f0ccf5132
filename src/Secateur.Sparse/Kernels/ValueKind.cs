namespace Secateur.Sparse.Kernels;

/// <summary>How values of weights lie in memory.</summary>
internal enum ValueKind
{
    /// <summary>Four bytes.</summary>
    Float32,

    /// <summary>Two bytes: the upper half of a float32.</summary>
    BFloat16,

    /// <summary>Two bytes: IEEE's, of at most 65504.</summary>
    Float16,

    /// <summary>A whole number from −128 to 127.</summary>
    Int8,

    /// <summary>Half a byte: a place in a table of 16 values.</summary>
    Code4,
}
