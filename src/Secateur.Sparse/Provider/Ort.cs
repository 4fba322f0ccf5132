using System.Runtime.InteropServices;
using System.Text;

namespace Secateur.Sparse.Provider;

/// <summary>The running ONNX Runtime: its functions, called by their slots; a status that is none becomes an <see cref="OrtException"/>.</summary>
internal sealed unsafe class Ort
{
    /// <summary>The lowest version of its interface that has all slots used here: ONNX Runtime 1.24.</summary>
    public const uint Version = 24;

    public const int Float = 1, Byte = 2, SignedByte = 3, Integer32 = 6, HalfByte = 21, SignedHalfByte = 22; // its and ONNX's numbers of element types

    private readonly void** _functions, _providerFunctions;

    private Ort(void** functions)
    {
        _functions = functions;
        _providerFunctions = ((delegate* unmanaged[Cdecl]<void**>)functions[(int)Slot.GetEpApi])();
    }

    /// <param name="start">OrtApiBase</param>
    /// <param name="refusal">A status where that ONNX Runtime is too old.</param>
    public static Ort? From(void** start, out void* refusal)
    {
        refusal = null;
        var versions = (delegate* unmanaged[Cdecl]<uint, void**>)start[0];
        var functions = versions(Version);
        if (functions is not null) return new(functions);
        var running = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<byte*>)start[1])());
        refusal = Status(versions(1), OrtException.Fail, $"Secateur's provider needs ONNX Runtime 1.{Version} or later, and this is {running}; update it");
        return null;
    }

    public delegate* unmanaged[Cdecl]<void*, nuint, void**, void*> Input => (delegate* unmanaged[Cdecl]<void*, nuint, void**, void*>)this[Slot.KernelContext_GetInput];

    public delegate* unmanaged[Cdecl]<void*, nuint, long*, nuint, void**, void*> Output =>
        (delegate* unmanaged[Cdecl]<void*, nuint, long*, nuint, void**, void*>)this[Slot.KernelContext_GetOutput];

    public delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, nuint, void>, nuint, nuint, void*, void*> ParallelFor =>
        (delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, nuint, void>, nuint, nuint, void*, void*>)this[Slot.KernelContext_ParallelFor];

    public delegate* unmanaged[Cdecl]<void*, void**, nuint, void*, void*> AddNodesToFuse =>
        (delegate* unmanaged[Cdecl]<void*, void**, nuint, void*, void*>)_providerFunctions[(int)ProviderSlot.EpGraphSupportInfo_AddNodesToFuse];

    public delegate* unmanaged[Cdecl]<void*, void*, void*, void*, void**, void*> CreateEpDevice =>
        (delegate* unmanaged[Cdecl]<void*, void*, void*, void*, void**, void*>)_providerFunctions[(int)ProviderSlot.CreateEpDevice];

    public void* this[Slot slot] => _functions[(int)slot];

    /// <summary>A status for what was thrown, which ONNX Runtime releases.</summary>
    public void* Status(Exception thrown) => thrown is OrtException { Code: var code }
        ? Status(_functions, code, thrown.Message)
        : Status(_functions, OrtException.Fail, $"Secateur's provider: {thrown.GetType().Name}: {thrown.Message}");

    /// <exception cref="OrtException">It is the status of a failure; it is released.</exception>
    public void Check(void* status)
    {
        if (status is null) return;
        var message = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<void*, byte*>)this[Slot.GetErrorMessage])(status)) ?? "";
        ((delegate* unmanaged[Cdecl]<void*, void>)this[Slot.ReleaseStatus])(status);
        throw new OrtException(OrtException.Fail, message);
    }

    /// <summary>What a function of the commonest form, (of, out) to a status, puts out.</summary>
    public T Read<T>(Slot slot, void* of) where T : unmanaged
    {
        T read = default;
        Check(((delegate* unmanaged[Cdecl]<void*, T*, void*>)this[slot])(of, &read));
        return read;
    }

    public string Text(Slot slot, void* of) => Marshal.PtrToStringUTF8(Read<nint>(slot, of)) ?? "";

    /// <summary>A list that one function counts and the next one fills.</summary>
    public nint[] List(Slot count, Slot fill, void* of)
    {
        var list = new nint[Read<nuint>(count, of)];
        fixed (nint* first = list)
            if (list.Length > 0) Check(((delegate* unmanaged[Cdecl]<void*, nint*, nuint, void*>)this[fill])(of, first, (nuint)list.Length));
        return list;
    }

    private static void* Status(void** functions, int code, string message)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(message + "\0")) return ((delegate* unmanaged[Cdecl]<int, byte*, void*>)functions[(int)Slot.CreateStatus])(code, text);
    }
}
