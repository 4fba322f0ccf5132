using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Secateur.Sparse.Provider;

namespace Secateur.Sparse.Native;

/// <summary>What ONNX Runtime, or the loader, looks for in the library.</summary>
internal static unsafe class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "CreateEpFactories", CallConvs = [typeof(CallConvCdecl)])]
    private static void* CreateEpFactories(byte* registeredName, void** start, void* logger, void** factories, nuint most, nuint* count) =>
        ProviderFactory.CreateEpFactories(start, factories, most, count);

    [UnmanagedCallersOnly(EntryPoint = "ReleaseEpFactory", CallConvs = [typeof(CallConvCdecl)])]
    private static void* ReleaseEpFactory(void* factory) => ProviderFactory.ReleaseEpFactory(factory);
}
