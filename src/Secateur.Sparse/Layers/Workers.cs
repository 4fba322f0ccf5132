namespace Secateur.Sparse.Layers;

/// <summary>Threads that share a loop: those of ONNX Runtime's session, or only the caller's.</summary>
/// <param name="context">Given to <paramref name="run"/>.</param>
/// <param name="run">Calls a body for each number under a count, in any order and on any thread, and comes back when all are done; null where the caller works alone.</param>
internal readonly unsafe struct Workers(void* context, delegate*<void*, delegate* unmanaged[Cdecl]<void*, nuint, void>, nuint, void*, void> run)
{
    public static Workers Alone => default;

    /// <summary>Pieces that a step is divided into: as many as there may be threads. More would read their inputs, which they share, more often.</summary>
    public static int Pieces { get; } = Math.Min(16, Environment.ProcessorCount);

    /// <param name="body">Gets the state and the number.</param>
    public void For(delegate* unmanaged[Cdecl]<void*, nuint, void> body, nuint count, void* state)
    {
        if (run is null || count < 2)
            for (nuint i = 0; i < count; i++) body(state, i);
        else run(context, body, count, state);
    }
}
