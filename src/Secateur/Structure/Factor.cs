namespace Secateur.Structure;

/// <summary>A factor of an axis: another axis, a number that stays as it is, or a dimension made for the purpose.</summary>
public readonly struct Factor
{
    private readonly long size;
    private readonly Extent? made;

    private Factor(long size) => this.size = size;

    internal Factor(Extent made) => this.made = made;

    /// <summary>Null for a number or a dimension.</summary>
    public Axis? Axis { get; private init; }

    public static implicit operator Factor(Axis axis) => new() { Axis = axis };

    public static implicit operator Factor(long size) => new(size);

    internal Extent Extent(Ties ties) => made ?? (Axis is { } axis ? ties[axis] : ties.New(size, new("", Pin.Number)));
}
