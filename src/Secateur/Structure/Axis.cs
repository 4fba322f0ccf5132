namespace Secateur.Structure;

/// <summary>One axis of a value or constant.</summary>
public readonly record struct Axis(string Tensor, int Index)
{
    public override string ToString() => $"{Tensor}[{Index}]";
}
