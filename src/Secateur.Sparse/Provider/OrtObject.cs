using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Secateur.Sparse.Provider;

/// <summary>A structure of function pointers that ONNX Runtime calls, and behind those that it knows of, the object that answers.</summary>
internal static unsafe class OrtObject
{
    private const int Slots = 64; // more than any of them has
    private const int Owner = Slots - 1;

    /// <returns>A structure of no functions yet; its first word is the version.</returns>
    public static void** Make(object owner)
    {
        var made = (void**)NativeMemory.AllocZeroed(Slots, (nuint)sizeof(void*));
        *(uint*)made = Ort.Version;
        made[Owner] = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(owner));
        return made;
    }

    public static T Of<T>(void* made) where T : class => Unsafe.As<T>(GCHandle.FromIntPtr((nint)((void**)made)[Owner]).Target!);

    public static void Free(void* made)
    {
        if (made is null) return;
        GCHandle.FromIntPtr((nint)((void**)made)[Owner]).Free();
        NativeMemory.Free(made);
    }
}
