namespace Secateur.Sparse.Layers;

/// <summary>Places side by side (tokens, or pixels), cut into tiles of one to four vectors, as equal as can be.</summary>
/// <param name="places">All of them.</param>
/// <param name="lanes">Floats of a vector.</param>
internal readonly struct Tiles(long places, int lanes)
{
    private readonly long _vectors = (places + lanes - 1) / lanes;

    public int Count => (int)((_vectors + Kernels.Unstructured.MostVectors - 1) / Kernels.Unstructured.MostVectors);

    /// <summary>The first place of a tile.</summary>
    public long First(int tile) => tile * _vectors / Count * lanes;

    /// <summary>Vectors of a tile.</summary>
    public int Vectors(int tile) => (int)((tile + 1) * _vectors / Count - tile * _vectors / Count);

    /// <summary>Places of a tile that are there.</summary>
    public int Places(int tile) => (int)Math.Min(places - First(tile), Vectors(tile) * lanes);
}
