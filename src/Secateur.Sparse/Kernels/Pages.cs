using System.Runtime.InteropServices;

namespace Secateur.Sparse.Kernels;

/// <summary>Memory straight from the system, zero at first, which has it again at once when it is given back: an allocator would keep it, for weights that are packed once.</summary>
internal static unsafe class Pages
{
    private const int ReadAndWrite = 1 | 2, PrivateAndAnonymous = 2 | 0x20; // Linux's numbers

    private static readonly delegate* unmanaged[Cdecl]<void*, nuint, int, int, int, nint, void*> Map = (delegate* unmanaged[Cdecl]<void*, nuint, int, int, int, nint, void*>)Function("mmap");
    private static readonly delegate* unmanaged[Cdecl]<void*, nuint, int> Unmap = (delegate* unmanaged[Cdecl]<void*, nuint, int>)Function("munmap");

    /// <summary>Whether this system's are known.</summary>
    public static bool AreKnown => Map is not null && Unmap is not null;

    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public static void* Take(nuint bytes) => Map(null, bytes, ReadAndWrite, PrivateAndAnonymous, -1, 0) is var taken && (nint)taken != -1 ? taken : throw new OutOfMemoryException();

    public static void Give(void* taken, nuint bytes) => Unmap(taken, bytes);

    private static nint Function(string name) => OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out var found) ? found : 0;
}
