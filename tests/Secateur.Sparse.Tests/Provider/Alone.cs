namespace Secateur.Sparse.Tests.Provider;

/// <summary>What measures the process, or changes it for all.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
