using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>What ONNX Runtime gets on registering the library: it tells the provider's name and makes one for each session.</summary>
internal sealed unsafe class ProviderFactory
{
    public const string Name = "SecateurExecutionProvider";
    private const int Processor = 0; // OrtHardwareDeviceType_CPU

    private readonly Ort _ort;
    private readonly byte* _name = Utf8(Name), _vendor = Utf8("Secateur"), _version = Utf8(Version);

    private readonly SparseWeightOperator _operator;

    private ProviderFactory(Ort ort) => (_ort, _operator) = (ort, new(ort));

    public static string Version => typeof(ProviderFactory).Assembly.GetName().Version!.ToString(3);

    /// <summary>The library's first export, under ONNX Runtime's name for it.</summary>
    /// <param name="start">OrtApiBase</param>
    /// <param name="factories">Gets one.</param>
    /// <param name="most">Room there.</param>
    /// <param name="count">How many it got.</param>
    /// <returns>A status, or null where all is well.</returns>
    public static void* CreateEpFactories(void** start, void** factories, nuint most, nuint* count)
    {
        *count = 0;
        if (Ort.From(start, out var refusal) is not { } ort) return refusal;
        try
        {
            if (most < 1) throw new OrtException(OrtException.InvalidArgument, "there is no room for a factory");
            var made = OrtObject.Make(new ProviderFactory(ort));
            made[1] = (delegate* unmanaged[Cdecl]<void*, byte*>)&GetName;
            made[2] = (delegate* unmanaged[Cdecl]<void*, byte*>)&GetVendor;
            made[3] = (delegate* unmanaged[Cdecl]<void*, void**, nuint, void**, nuint, nuint*, void*>)&GetSupportedDevices;
            made[4] = (delegate* unmanaged[Cdecl]<void*, void**, void**, nuint, void*, void*, void**, void*>)&CreateEp;
            made[5] = (delegate* unmanaged[Cdecl]<void*, void*, void>)&ReleaseEp;
            made[6] = (delegate* unmanaged[Cdecl]<void*, uint>)&GetVendorId;
            made[7] = (delegate* unmanaged[Cdecl]<void*, byte*>)&GetVersion;
            made[11] = (delegate* unmanaged[Cdecl]<void*, void**, void*>)&CreateDataTransfer; // called without a look whether it is there
            made[12] = (delegate* unmanaged[Cdecl]<void*, byte>)&IsStreamAware;
            made[16] = (delegate* unmanaged[Cdecl]<void*, nuint*, void*>)&GetNumCustomOpDomains;
            made[17] = (delegate* unmanaged[Cdecl]<void*, void**, nuint, void*>)&GetCustomOpDomains;
            factories[0] = made;
            *count = 1;
            return null;
        }
        catch (Exception thrown)
        {
            return ort.Status(thrown);
        }
    }

    /// <summary>The library's second export.</summary>
    public static void* ReleaseEpFactory(void* made)
    {
        if (made is null) return null;
        var factory = OrtObject.Of<ProviderFactory>(made);
        factory._operator.Dispose();
        NativeMemory.Free(factory._name);
        NativeMemory.Free(factory._vendor);
        NativeMemory.Free(factory._version);
        OrtObject.Free(made);
        return null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(void* made) => OrtObject.Of<ProviderFactory>(made)._name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetVendor(void* made) => OrtObject.Of<ProviderFactory>(made)._vendor;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetVersion(void* made) => OrtObject.Of<ProviderFactory>(made)._version;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static uint GetVendorId(void* made) => 0; // no maker of hardware

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsStreamAware(void* made) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* CreateDataTransfer(void* made, void** transfer)
    {
        *transfer = null;
        return null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetNumCustomOpDomains(void* made, nuint* count)
    {
        *count = 1;
        return null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetCustomOpDomains(void* made, void** domains, nuint room)
    {
        if (room > 0) domains[0] = OrtObject.Of<ProviderFactory>(made)._operator.Handle;
        return null;
    }

    /// <summary>Processors alone, and no memory of our own: tensors stay where they are, nothing is copied.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetSupportedDevices(void* made, void** devices, nuint count, void** ours, nuint most, nuint* oursCount)
    {
        *oursCount = 0;
        var ort = OrtObject.Of<ProviderFactory>(made)._ort;
        try
        {
            using var told = new OrtPairs(ort);
            told.Add("level", Level.Best.Name);
            for (nuint i = 0; i < count && *oursCount < most; i++)
            {
                if (((delegate* unmanaged[Cdecl]<void*, int>)ort[Slot.HardwareDevice_Type])(devices[i]) != Processor) continue;
                void* device;
                ort.Check(ort.CreateEpDevice(made, devices[i], told.Handle, null, &device));
                ours[(*oursCount)++] = device;
            }
            return null;
        }
        catch (Exception thrown)
        {
            return ort.Status(thrown);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* CreateEp(void* made, void** devices, void** told, nuint count, void* sessionOptions, void* logger, void** provider)
    {
        *provider = null;
        var factory = OrtObject.Of<ProviderFactory>(made);
        try
        {
            using var entries = new OrtPairs(factory._ort, (void*)factory._ort.Read<nint>(Slot.GetSessionOptionsConfigEntries, sessionOptions));
            *provider = SparseProvider.Make(factory._ort, factory._name, ProviderOptions.Parse(entries.ToDictionary()));
            return null;
        }
        catch (Exception thrown)
        {
            return factory._ort.Status(thrown);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseEp(void* made, void* provider) => OrtObject.Free(provider);

    private static byte* Utf8(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var copy = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }
}
