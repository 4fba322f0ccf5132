using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Secateur.Sparse.Layers;

/// <summary>Threads that share a loop: those of ONNX Runtime's session, or only the caller's.</summary>
/// <param name="context">Given to <paramref name="run"/>.</param>
/// <param name="run">Calls a body for each number under a count, in any order and on any thread, and comes back when all are done; null where the caller works alone.</param>
internal readonly unsafe struct Workers(void* context, delegate*<void*, delegate* unmanaged[Cdecl]<void*, nuint, void>, nuint, void*, void> run)
{
    public static Workers Alone => default;

    /// <summary>Pieces that a step is divided into: as many as there may be threads. More would read their inputs, which they share, more often.</summary>
    public static int Pieces { get; } = Math.Min(16, Environment.ProcessorCount);

    /// <summary>A loop as its threads see it.</summary>
    private struct Loop
    {
        public delegate*<void*, nuint, void> Body;
        public void* State;
        public nint Thrown; // a handle of the first exception; 0 where there is none
    }

    /// <param name="body">Gets the state and the number. What it throws on any thread is thrown here once all are done; what is left of the loop is passed over then.</param>
    /// <param name="count">Numbers.</param>
    /// <param name="state">Lives until this comes back.</param>
    public void For(delegate*<void*, nuint, void> body, nuint count, void* state)
    {
        if (run is null || count < 2)
        {
            for (nuint i = 0; i < count; i++) body(state, i);
            return;
        }
        var loop = new Loop { Body = body, State = state };
        run(context, &Step, count, &loop);
        if (loop.Thrown == 0) return;
        var handle = GCHandle.FromIntPtr(loop.Thrown);
        var thrown = ExceptionDispatchInfo.Capture((Exception)handle.Target!);
        handle.Free();
        thrown.Throw();
    }

    /// <summary>An exception that left a thread of ONNX Runtime's would end the process.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Step(void* state, nuint number)
    {
        var loop = (Loop*)state;
        if (Volatile.Read(ref loop->Thrown) != 0) return;
        try
        {
            loop->Body(loop->State, number);
        }
        catch (Exception thrown)
        {
            var handle = GCHandle.Alloc(thrown);
            if (Interlocked.CompareExchange(ref loop->Thrown, GCHandle.ToIntPtr(handle), 0) != 0) handle.Free();
        }
    }
}
