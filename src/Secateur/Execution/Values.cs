using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>A value of a graph is a <see cref="Tensor"/>, a <see cref="Sequence"/>, <see cref="Execution.Texts"/> or <see cref="Absent"/>; here is what is done alike with all.</summary>
internal static class Values
{
    /// <summary>The same value by a handle that is freed alone.</summary>
    public static IDisposable Alias(this IDisposable value) => value switch
    {
        Sequence sequence => sequence.Alias(),
        Tensor tensor => tensor.alias(),
        _ => value,
    };

    /// <summary>The same value, which now outlives the innermost dispose scope.</summary>
    public static IDisposable MovedOut(this IDisposable value)
    {
        if (value is Sequence sequence) sequence.MoveToOuterDisposeScope();
        else if (value is Tensor tensor) tensor.MoveToOuterDisposeScope();
        return value;
    }

    /// <summary>What a node is given, of which all must be tensors; null for an input left out.</summary>
    /// <exception cref="SecateurException">One is a sequence; the message names it.</exception>
    public static Tensor?[] Tensors(this Node node, IDisposable?[] inputs) =>
        [.. inputs.Select((input, place) => input is null ? null : node.Tensor(inputs, place))];

    /// <summary>The input at a place, which must be a tensor.</summary>
    /// <exception cref="SecateurException">It is a sequence or left out.</exception>
    public static Tensor Tensor(this Node node, IDisposable?[] inputs, int place) => At(inputs, place) as Tensor
        ?? throw node.Error($"input {place} is {Described(At(inputs, place))}, a tensor is needed; export the model again");

    /// <summary>The input at a place, which must be a sequence.</summary>
    /// <exception cref="SecateurException">It is a tensor or left out.</exception>
    public static Sequence Sequence(this Node node, IDisposable?[] inputs, int place) => At(inputs, place) as Sequence
        ?? throw node.Error($"input {place} is {Described(At(inputs, place))}, a sequence is needed; export the model again");

    /// <summary>The input at a place, which must be texts.</summary>
    /// <exception cref="SecateurException">It is something else or left out.</exception>
    public static Texts Texts(this Node node, IDisposable?[] inputs, int place) => At(inputs, place) as Texts
        ?? throw node.Error($"input {place} is {Described(At(inputs, place))}, a text is needed; export the model again");

    /// <summary>For messages: a tensor's shape, a sequence's length.</summary>
    public static string Described(this IDisposable? value) => value switch
    {
        Sequence sequence => $"a sequence of {sequence.Tensors.Length}",
        Texts texts => $"a text [{string.Join(", ", texts.Shape)}]",
        Absent => "a value that is missing",
        Tensor tensor => $"[{string.Join(", ", tensor.shape)}]",
        _ => "none",
    };

    private static IDisposable? At(IDisposable?[] inputs, int place) => place < inputs.Length ? inputs[place] : null;
}
