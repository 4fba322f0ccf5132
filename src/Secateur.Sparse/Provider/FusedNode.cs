using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>A claim as it runs: takes ONNX Runtime's tensors, checks shapes, and gives the work to a layer. Many threads may be in it; what it works in is kept by each thread.</summary>
/// <param name="ort">Which calls.</param>
/// <param name="places">Of its inputs.</param>
/// <param name="threads">At most; 0 for all of the session's.</param>
/// <param name="last">Activation of the sum with the residual.</param>
/// <param name="ends">Of integers; null where all are floats.</param>
internal abstract unsafe class FusedNode(Ort ort, FusedNode.Places places, int threads, Activation last, IntegerEnds? ends) : IDisposable
{
    private const int MostAxes = 16;

    /// <summary>Whether ONNX Runtime has freed much before this is made ready: the weights that packed ones stand for.</summary>
    public bool IsAfterMuch { get; set; }

    /// <summary>Which of the node's inputs is what.</summary>
    /// <param name="Input">Of the first layer.</param>
    /// <param name="Residual">−1 where there is none.</param>
    /// <param name="Zero">Zero point of the input; likewise.</param>
    /// <param name="Scales">Of the sums; likewise.</param>
    internal readonly record struct Places(int Input, int Residual, int Zero, int Scales);

    /// <summary>A run's threads.</summary>
    private struct Pool
    {
        public void* Context, Status;
        public delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, nuint, void>, nuint, nuint, void*, void*> ParallelFor;
        public nuint Batches;
    }

    /// <returns>OrtNodeComputeInfo</returns>
    public static void* Make(FusedNode node)
    {
        var made = OrtObject.Make(node);
        made[1] = (delegate* unmanaged[Cdecl]<void*, void*, void**, void*>)&CreateState;
        made[2] = (delegate* unmanaged[Cdecl]<void*, void*, void*, void*>)&Compute;
        made[3] = (delegate* unmanaged[Cdecl]<void*, void*, void>)&ReleaseState;
        return made;
    }

    public virtual void Dispose() => ends?.Dispose();

    /// <summary>Of the layer.</summary>
    protected abstract int Outputs { get; }

    /// <summary>Of the output.</summary>
    protected virtual int Axes(int input) => input;

    /// <summary>The output's shape.</summary>
    /// <exception cref="OrtException">The input's is none for these weights.</exception>
    protected abstract void Shape(ReadOnlySpan<long> input, Span<long> output);

    /// <summary>y = ending(layer(x))</summary>
    protected abstract void Run(float* x, ReadOnlySpan<long> shape, void* y, Ending ending, Workers workers);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* CreateState(void* made, void* context, void** state)
    {
        *state = made;
        if (OrtObject.Of<FusedNode>(made).IsAfterMuch) Pages.Trim();
        return null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseState(void* made, void* state)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Compute(void* made, void* state, void* context) => OrtObject.Of<FusedNode>(made).Compute(context);

    private void* Compute(void* context)
    {
        try
        {
            var pool = new Pool { Context = context, ParallelFor = ort.ParallelFor, Batches = (nuint)threads };
            var workers = threads == 1 ? Workers.Alone : new Workers(&pool, &Share);
            var input = Input(context, places.Input, ends is null ? Ort.Float : ends.IsSigned ? Ort.SignedByte : Ort.Byte);
            if (input.Rank is 0 or > MostAxes) throw Wrong($"its input has {input.Rank} axes");
            var axes = Axes(input.Rank);
            var shape = stackalloc long[axes];
            Span<long> output = new(shape, axes);
            Shape(input.Shape, output);
            var residual = places.Residual < 0 ? default : Input(context, places.Residual, Ort.Float);
            if (places.Residual >= 0 && !residual.Shape.SequenceEqual(output)) RunBroadcast(context, input, output, residual, workers);
            else
            {
                var y = Output(context, output);
                if (Broadcast.Elements(output) > 0) Run(context, input, y, residual.Data, last, workers);
            }
            return pool.Status;
        }
        catch (Exception thrown)
        {
            return ort.Status(thrown);
        }
    }

    /// <summary>Where the residual is of another shape than the layer's output: both are spread to that of their sum first.</summary>
    private void RunBroadcast(void* context, OrtTensor input, ReadOnlySpan<long> own, OrtTensor residual, Workers workers)
    {
        var sum = Broadcast.Sum(own, residual.Shape) ?? throw Wrong($"its output [{string.Join(", ", own.ToArray())}] and what is added to it, [{string.Join(", ", residual.Shape.ToArray())}], do not fit");
        var y = (float*)Output(context, sum);
        var elements = Broadcast.Elements(sum);
        if (elements == 0) return;
        var spread = (float*)NativeMemory.Alloc((nuint)elements, sizeof(float));
        var made = (float*)NativeMemory.Alloc((nuint)Broadcast.Elements(own), sizeof(float));
        try
        {
            Run(context, input, made, null, Activation.None, workers);
            Broadcast.Spread(made, own, y, sum);
            Broadcast.Spread(residual.Data, residual.Shape, spread, sum);
            Activations.AddAndApply(last, y, spread, elements);
        }
        finally
        {
            NativeMemory.Free(made);
            NativeMemory.Free(spread);
        }
    }

    private void Run(void* context, OrtTensor input, void* y, float* residual, Activation last, Workers workers)
    {
        if (ends is null)
        {
            Run(input.Data, input.Shape, y, new(residual, last), workers);
            return;
        }
        int? zero = null;
        if (places.Zero >= 0)
        {
            var given = Input(context, places.Zero, input.Type);
            if (given.Elements != 1) throw Wrong($"its input's zero point is {given.Elements} numbers, not one");
            zero = ends.IsSigned ? *(sbyte*)given.Data : *(byte*)given.Data;
        }
        var scales = places.Scales < 0 ? default : Input(context, places.Scales, Ort.Float);
        if (places.Scales >= 0 && scales.Elements != 1 && scales.Elements != Outputs) throw Wrong($"its sums have {scales.Elements} scales, not one or {Outputs}");
        var x = ends.Widen(input.Data, zero, input.Elements, workers);
        Run(x, input.Shape, y, ends.Ending(scales.Data, places.Scales >= 0 && scales.Elements == Outputs, residual, last), workers);
    }

    private OrtTensor Input(void* context, int place, int type)
    {
        void* value;
        ort.Check(ort.Input(context, (nuint)place, &value));
        var tensor = new OrtTensor(ort, value);
        return tensor.Type == type ? tensor : throw Wrong($"an input of its is of type {tensor.Type}, not {type}");
    }

    private void* Output(void* context, ReadOnlySpan<long> shape)
    {
        void* value;
        fixed (long* first = shape) ort.Check(ort.Output(context, 0, first, (nuint)shape.Length, &value));
        return (void*)ort.Read<nint>(Slot.GetTensorMutableData, value);
    }

    private static void Share(void* context, delegate* unmanaged[Cdecl]<void*, nuint, void> body, nuint count, void* state)
    {
        var pool = (Pool*)context;
        if (pool->Status is null) pool->Status = pool->ParallelFor(pool->Context, body, count, pool->Batches, state);
    }

    protected static OrtException Wrong(string fault) => new(OrtException.InvalidArgument, $"{ProviderFactory.Name}: {fault}");
}
