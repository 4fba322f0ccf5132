using System.Runtime.InteropServices;

namespace Secateur.Sparse.Tests;

/// <summary>Floats whose last one lies at the end of a page, and the next page may not be touched: who reads or writes beyond ends the process.</summary>
internal sealed unsafe partial class Guarded : IDisposable
{
    private const int Page = 4096;
    private readonly nint _pages;
    private readonly nuint _length;
    private readonly int _count;

    public Guarded(float[] values)
    {
        _count = values.Length;
        var room = (nuint)((values.Length * sizeof(float) + Page - 1) / Page * Page);
        _length = room + Page;
        _pages = Map(0, _length, 3, 0x22, -1, 0);
        Assert.NotEqual(-1, _pages);
        Assert.Equal(0, Protect(_pages + (nint)room, Page, 0));
        Pointer = (float*)(_pages + (nint)room) - values.Length;
        values.CopyTo(new Span<float>(Pointer, _count));
    }

    public float* Pointer { get; }

    public float[] ToArray() => new Span<float>(Pointer, _count).ToArray();

    public void Dispose() => Unmap(_pages, _length);

    [LibraryImport("libc", EntryPoint = "mmap")] private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);
    [LibraryImport("libc", EntryPoint = "mprotect")] private static partial int Protect(nint address, nuint length, int protection);
    [LibraryImport("libc", EntryPoint = "munmap")] private static partial int Unmap(nint address, nuint length);
}
