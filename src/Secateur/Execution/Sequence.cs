using System.Collections.Immutable;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>
/// A value of ONNX's type sequence: tensors of any shapes, in order. It is never changed, and its tensors are handles of its own, so that
/// freeing it frees what it alone holds.
/// </summary>
/// <param name="tensors">From here on the sequence's own.</param>
internal sealed class Sequence(ImmutableArray<Tensor> tensors) : IDisposable
{
    public ImmutableArray<Tensor> Tensors { get; } = tensors;

    /// <summary>The same tensors by new handles.</summary>
    public Sequence Alias() => new([.. Tensors.Select(tensor => tensor.alias())]);

    public void MoveToOuterDisposeScope()
    {
        foreach (var tensor in Tensors) tensor.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var tensor in Tensors) tensor.Dispose();
    }
}
