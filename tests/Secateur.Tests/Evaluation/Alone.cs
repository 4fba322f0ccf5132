namespace Secateur.Tests.Evaluation;

/// <summary>Tests that measure time or memory of the process: none run beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
