using System.Runtime.InteropServices;

namespace Secateur.Testing;

/// <summary>What native code, LibTorch above all, holds of this process' memory, that of other threads too.</summary>
public static partial class NativeHeap
{
    /// <summary>In use, in the heap and in blocks of their own.</summary>
    public static long Bytes
    {
        get
        {
            var now = Info();
            return (long)(now.Used + now.Mapped);
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial Counts Info();

    /// <summary>The C library's <c>struct mallinfo2</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Counts
    {
        private readonly nuint arena, free, small, blocks;
        public readonly nuint Mapped;
        private readonly nuint most, smallFree;
        public readonly nuint Used;
        private readonly nuint rest, top;
    }
}
