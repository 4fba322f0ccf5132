using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Secateur.Sparse.Loader;

/// <summary>The library that users register: chooses the image that is compiled for this processor, and hands everything on to it.</summary>
internal static unsafe class Exports
{
    private const int Fail = 1; // OrtErrorCode

    private static readonly Lazy<Image> Image = new(Loader.Image.Load);

    [UnmanagedCallersOnly(EntryPoint = "CreateEpFactories", CallConvs = [typeof(CallConvCdecl)])]
    internal static void* CreateEpFactories(byte* registeredName, void** start, void* logger, void** factories, nuint most, nuint* count)
    {
        *count = 0;
        try
        {
            return Image.Value.CreateEpFactories(registeredName, start, logger, factories, most, count);
        }
        catch (Exception thrown)
        {
            return Status(start, thrown.Message);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "ReleaseEpFactory", CallConvs = [typeof(CallConvCdecl)])]
    private static void* ReleaseEpFactory(void* factory) => factory is null ? null : Image.Value.ReleaseEpFactory(factory);

    /// <summary>By the first function of the first version of ONNX Runtime's interface.</summary>
    private static void* Status(void** start, string message)
    {
        var functions = ((delegate* unmanaged[Cdecl]<uint, void**>)start[0])(1);
        fixed (byte* text = Encoding.UTF8.GetBytes($"Secateur's provider: {message}\0")) return ((delegate* unmanaged[Cdecl]<int, byte*, void*>)functions[0])(Fail, text);
    }
}
