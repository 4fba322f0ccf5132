using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>Data by its parts. The training part teaches, the held-out part decides, the test part is only reported.</summary>
public sealed class DataSet : IDisposable
{
    public required Examples Train { get; init; }

    /// <summary>Taken from the training data; decides between candidates.</summary>
    public required Examples HeldOut { get; init; }

    public required Examples Test { get; init; }

    /// <summary>All examples that the source has, in its order; the test part alone where the source declares one.</summary>
    public required Examples Whole { get; init; }

    /// <summary>Whether the source itself says which examples are the test; otherwise a part was drawn by the seed.</summary>
    public required bool DeclaresTest { get; init; }

    /// <summary>By class number; empty where there are no labels.</summary>
    public ImmutableArray<string> ClassNames { get; init; } = [];

    /// <summary>One line for the report: what was read, and which part is which.</summary>
    public required string Description { get; init; }

    /// <summary>SHA-256 of what was read, in hexadecimal.</summary>
    public required string Fingerprint { get; init; }

    public void Dispose()
    {
        Train.Dispose();
        HeldOut.Dispose();
        Test.Dispose();
        Whole.Dispose();
    }
}
