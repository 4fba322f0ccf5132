namespace Secateur;

/// <summary>A value that knows whether it was told or is only the usual one. Equal are those of equal value, told or not.</summary>
/// <param name="value">Told or usual.</param>
/// <param name="isTold">Which of both.</param>
internal readonly struct Untold<T>(T value, bool isTold = false) : IEquatable<Untold<T>>
{
    public T Value => value;

    public bool IsTold => isTold;

    /// <summary>The value if it was told, otherwise another usual one.</summary>
    public T Or(T usual) => isTold ? value : usual;

    public bool Equals(Untold<T> other) => EqualityComparer<T>.Default.Equals(value, other.Value);

    public override bool Equals(object? other) => other is Untold<T> untold && Equals(untold);

    public override int GetHashCode() => value?.GetHashCode() ?? 0;
}
