using System.Runtime.InteropServices;

namespace Secateur.Sparse.Kernels;

/// <summary>Memory straight from the system, zero at first, which has it again at once when it is given back: an allocator would keep it, for weights that are packed once.</summary>
internal static unsafe class Pages
{
    private const int ReadAndWrite = 1 | 2, PrivateAndAnonymous = 2 | 0x20, LargePages = 14; // Linux's numbers
    private const nuint Much = 2 << 20; // bytes of a large page: what is over a whole number of them lies in small ones

    private static readonly delegate* unmanaged[Cdecl]<void*, nuint, int, int, int, nint, void*> Map = (delegate* unmanaged[Cdecl]<void*, nuint, int, int, int, nint, void*>)Function("mmap");
    private static readonly delegate* unmanaged[Cdecl]<void*, nuint, int> Unmap = (delegate* unmanaged[Cdecl]<void*, nuint, int>)Function("munmap");
    private static readonly delegate* unmanaged[Cdecl]<void*, nuint, int, int> Advise = (delegate* unmanaged[Cdecl]<void*, nuint, int, int>)Function("madvise");
    private static readonly delegate* unmanaged[Cdecl]<nuint, int> GiveBack = (delegate* unmanaged[Cdecl]<nuint, int>)Function("malloc_trim");

    /// <summary>Whether this system's are known.</summary>
    public static bool AreKnown => Map is not null && Unmap is not null;

    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public static void* Take(nuint bytes)
    {
        var taken = Map(null, bytes, ReadAndWrite, PrivateAndAnonymous, -1, 0);
        if ((nint)taken == -1) throw new OutOfMemoryException();
        if (bytes >= Much && Advise is not null) Advise(taken, bytes, LargePages); // an advice: what becomes of it does not matter
        return taken;
    }

    public static void Give(void* taken, nuint bytes) => Unmap(taken, bytes);

    /// <summary>Asks the system's allocator, where it can, to give back what is free in it: of what others have freed it keeps much, of blocks under 32 MB.</summary>
    public static void Trim()
    {
        if (GiveBack is not null) GiveBack(0);
    }

    private static nint Function(string name) => OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out var found) ? found : 0;
}
