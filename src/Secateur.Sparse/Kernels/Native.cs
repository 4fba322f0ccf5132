using System.Runtime.InteropServices;

namespace Secateur.Sparse.Kernels;

/// <summary>Memory outside the garbage collector's, on a cache line's border, zero at first.</summary>
/// <remarks>Of a finalizer, so that a network that nobody disposed frees its weights.</remarks>
internal sealed unsafe class Native<T> : IDisposable where T : unmanaged
{
    private const int Line = 64;
    private const nuint Much = 1 << 18; // bytes, from which on whole pages are taken
    private readonly nuint _pages;      // bytes of them; 0 where there are none
    private nint _memory;

    /// <param name="length">Elements; a line more is there to be read, so that a vector may pass the end.</param>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public Native(long length)
    {
        Length = length;
        var bytes = checked((nuint)(length * sizeof(T) + Line));
        if (bytes >= Much && Pages.AreKnown)
        {
            (_pages, _memory) = (bytes, (nint)Pages.Take(bytes));
            return;
        }
        _memory = (nint)NativeMemory.AlignedAlloc(bytes, Line);
        NativeMemory.Clear((void*)_memory, bytes);
    }

    ~Native() => Free();

    public long Length { get; }
    public long Bytes => Length * sizeof(T);
    public T* Pointer => (T*)_memory;
    public ref T this[long at] => ref ((T*)_memory)[at];

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory == 0) return;
        if (_pages > 0) Pages.Give((void*)_memory, _pages);
        else NativeMemory.AlignedFree((void*)_memory);
        _memory = 0;
    }
}
