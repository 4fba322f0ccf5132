namespace Secateur;

/// <summary>How far a long step is.</summary>
/// <param name="Stage">What is done, such as <c>round 2 of 5: fine-tuning</c>. A new stage starts a new bar.</param>
/// <param name="Fraction">In [0, 1].</param>
/// <param name="Detail">What is seen so far, such as <c>loss 0.31</c>; may be empty.</param>
public readonly record struct Progress(string Stage, double Fraction, string Detail = "");
