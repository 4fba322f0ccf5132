namespace Secateur.Execution;

/// <summary>How operators that differ between training and use behave; <c>default</c> is use.</summary>
/// <param name="Training">Batch normalization takes the batch's statistics and updates its running ones; dropout drops.</param>
/// <param name="Momentum">The share of the new batch in the running statistics, in (0, 1]; null takes the node's own.</param>
/// <param name="Again">The pass repeats one: batch normalization moves its running statistics no further.</param>
public readonly record struct Mode(bool Training, double? Momentum = null, bool Again = false);
