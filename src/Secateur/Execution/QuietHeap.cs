using System.Runtime;

namespace Secateur.Execution;

/// <summary>Keeps the garbage collector away while native code computes; it collects between batches, when asked.</summary>
/// <remarks>TorchSharp 0.107 makes a short-lived <c>Scalar</c> object for many a call (an addition makes one for its factor 1). Nothing refers to it once its handle
/// is passed on, so a collection in that moment frees it under the native code, which then fails or computes with a wrong number: seen about once
/// in twenty million calls.</remarks>
internal sealed class QuietHeap : IDisposable
{
    private const long Budget = 192 << 20;
    private static readonly Lock Holding = new();
    private static int holders;
    private static long allocatedAtStart;

    private readonly bool brief;

    private QuietHeap(bool brief) => this.brief = brief;

    /// <summary>Begins a stretch of native work; may be nested, and held by several threads at once.</summary>
    public static QuietHeap Enter()
    {
        lock (Holding)
            if (holders++ == 0) Start();
        return new(brief: false);
    }

    /// <summary>
    /// Begins a stretch that may be followed by another at once, such as a run of a network: to begin one costs a collection, so the collector stays away
    /// after it too, until half of the budget is used.
    /// </summary>
    public static QuietHeap EnterBriefly()
    {
        lock (Holding)
            if (holders++ == 0) Resume();
        return new(brief: true);
    }

    /// <summary>Lets the collector run if half of the budget is used. Call it between batches, when no native call is under way.</summary>
    public static void Breathe()
    {
        if (GC.GetTotalAllocatedBytes() - allocatedAtStart < Budget / 2) return;
        lock (Holding)
        {
            if (holders != 1) return; // another thread may be inside native code
            End();
            Start();
        }
    }

    public void Dispose()
    {
        lock (Holding)
            if (--holders == 0 && !brief) End();
    }

    private static void Resume()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion && GC.GetTotalAllocatedBytes() - allocatedAtStart < Budget / 2) return;
        Start();
    }

    private static void Start()
    {
        End(); // of a brief one
        allocatedAtStart = GC.GetTotalAllocatedBytes();
        GC.TryStartNoGCRegion(Budget);
    }

    /// <summary>A budget that was overrun has ended the region already.</summary>
    private static void End()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion) GC.EndNoGCRegion();
    }
}
