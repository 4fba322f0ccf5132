namespace Secateur;

/// <summary>How far a long step is.</summary>
/// <param name="Stage">What is done, such as <c>round 2 of 5: fine-tuning</c>. A new stage starts a new bar.</param>
/// <param name="Fraction">In [0, 1].</param>
/// <param name="Detail">What is seen so far, such as <c>loss 0.31</c>; may be empty.</param>
/// <param name="IsNote">Whether this is no step but a line that a person should see at once, such as what was assumed.</param>
public readonly record struct Progress(string Stage, double Fraction, string Detail = "", bool IsNote = false)
{
    /// <summary>A line to be seen at once.</summary>
    public static Progress Note(string about, string line) => new(about, 0, line, IsNote: true);
}
