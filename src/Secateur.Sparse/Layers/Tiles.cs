using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Places side by side (tokens, or pixels), cut into tiles of as many vectors as the kernels take.</summary>
internal readonly struct Tiles
{
    private readonly long _places;
    private readonly int _lanes, _most; // floats of a vector, vectors of a tile
    private readonly int _size; // places of a tile; 0 where the vectors are shared out as equally as can be
    private readonly long _vectors;

    /// <summary>As few tiles as can be, as equal as can be.</summary>
    /// <param name="places">All of them, at least one.</param>
    /// <param name="level">Whose vectors.</param>
    public Tiles(long places, Level level)
    {
        (_places, _lanes, _most, _vectors) = (places, level.Lanes, level.MostVectors, (places + level.Lanes - 1) / level.Lanes);
        Count = checked((int)((_vectors + _most - 1) / _most));
    }

    /// <summary>Tiles that end where rows of pixels do, as far as that leaves them nearly full: a patch is then one stretch of memory.</summary>
    /// <param name="places">Whole rows.</param>
    /// <param name="row">Pixels of a row.</param>
    /// <param name="level">Whose vectors.</param>
    public Tiles(long places, int row, Level level) : this(places, level)
    {
        var most = _most * _lanes;
        var parts = (row + most - 1) / most;
        var size = parts > 1 ? (row + parts - 1) / parts : most / row * row;
        if (8 * size < 7 * most || size >= places || (parts > 1 && size * parts != row)) return;
        (_size, Count) = (size, checked((int)((places + size - 1) / size)));
    }

    public int Count { get; }

    /// <summary>The first place of a tile.</summary>
    public long First(int tile) => _size > 0 ? (long)tile * _size : tile * _vectors / Count * _lanes;

    /// <summary>Where a tile may lie in memory for all tiles, in floats for each line.</summary>
    public long Offset(int tile) => (long)tile * _most * _lanes;

    /// <summary>Vectors of a tile.</summary>
    public int Vectors(int tile) => _size > 0 ? (Places(tile) + _lanes - 1) / _lanes : (int)((tile + 1) * _vectors / Count - tile * _vectors / Count);

    /// <summary>Places of a tile that are there.</summary>
    public int Places(int tile) => (int)Math.Min(_places - First(tile), _size > 0 ? _size : Vectors(tile) * _lanes);
}
