using Secateur.Execution;
using Secateur.Structure;

namespace Secateur.Operators;

/// <summary>Says what the axes of attention's operands are made of: heads, and the elements of a head.</summary>
internal sealed class HeadTies(Shapes shapes, Ties ties)
{
    /// <summary>An operand that holds heads, [batch, heads, length, size] or [batch, length, heads·size]; one that is left out counts for nothing.</summary>
    /// <param name="name">Of the operand.</param>
    /// <param name="size">Of a head.</param>
    /// <param name="heads">The factors of their number.</param>
    public void Add(string name, Factor size, params Factor[] heads)
    {
        if (!shapes.Has(name)) return;
        if (shapes[name].Length == 4)
        {
            ties.AddProduct(new(name, 1), heads);
            ties.AddProduct(new(name, 3), size);
        }
        else ties.AddProduct(new(name, 2), [.. heads, size]);
    }

    /// <summary>What is added to scores [batch, heads, queries, keys], or broadcast to them.</summary>
    /// <param name="name">Of the operand.</param>
    /// <param name="batch">The axis that counts the examples; null where nothing is said of it.</param>
    /// <param name="queries">The axis that counts the queries; null where nothing is said of it.</param>
    /// <param name="heads">The factors of their number.</param>
    public void AddScores(string name, Axis? batch, Axis? queries, params Factor[] heads)
    {
        if (!shapes.Has(name)) return;
        var rank = shapes[name].Length;
        if (batch is { } examples && rank > 3 && shapes[name][rank - 4] > 1) ties.Add(new(name, rank - 4), examples);
        if (rank > 2 && shapes[name][rank - 3] > 1) ties.AddProduct(new(name, rank - 3), heads);
        if (queries is { } rows && shapes[name][rank - 2] > 1) ties.Add(new(name, rank - 2), rows);
    }

    /// <summary>Notes what they are.</summary>
    public void Note(IEnumerable<Factor> heads, params IEnumerable<Factor> sizes)
    {
        foreach (var factor in heads) ties.Note(factor, Roles.Head);
        foreach (var factor in sizes) ties.Note(factor, Roles.HeadSize);
    }

    /// <summary>The axis of a queries' length.</summary>
    public Axis Length(string name) => new(name, shapes[name].Length == 4 ? 2 : 1);

    /// <summary>The axis that holds the elements of a head.</summary>
    public Axis Elements(string name) => new(name, shapes[name].Length - 1);
}
