using System.Runtime.CompilerServices;

namespace Secateur.Tests;

/// <summary>Test classes run side by side: on small tensors LibTorch's own threads would only spin.</summary>
internal static class OneThread
{
    [ModuleInitializer]
    public static void Use() => Threads.Use(1);
}
