using Secateur.Execution;

namespace Secateur;

/// <summary>How many threads compute.</summary>
public static class Threads
{
    /// <summary>Sets the number for everything that follows; at best before the first tensor is made.</summary>
    /// <param name="count">At least 1; LibTorch's own default is the number of cores.</param>
    public static void Use(int count)
    {
        NativeRuntime.Prepare();
        TorchSharp.torch.set_num_threads(count);
    }
}
