namespace Secateur.Structure;

/// <summary>What is known of a dimension by how nodes use it.</summary>
[Flags]
public enum Roles
{
    None = 0,

    /// <summary>It counts products of two activations that run side by side: heads.</summary>
    Head = 1,

    /// <summary>It is summed over, or comes out, where two activations are multiplied: the size of a head.</summary>
    HeadSize = 2,
}
