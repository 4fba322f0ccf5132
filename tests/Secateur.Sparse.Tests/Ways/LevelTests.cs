using System.Runtime.InteropServices;
using Secateur.Sparse.Tests.Provider;

namespace Secateur.Sparse.Tests.Ways;

/// <summary>The kernels as they are compiled ahead of time, where they can run: those of ARM64 in an emulator.</summary>
public sealed class LevelTests
{
    [Theory(Explicit = true)]
    [Trait("category", "slow")]
    [InlineData("linux-x64", "avx512", "avx512, avx2, sse, scalar")]
    [InlineData("linux-x64", "avx2", "avx2, sse, scalar")]
    [InlineData("linux-x64", "baseline", "sse, scalar")]
    [InlineData("linux-arm64", "baseline", "neon, scalar")]
    public void Kernels_equal_the_dense_loops(string rid, string level, string levels)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "this processor runs no x86-64");
        Assert.SkipWhen(level.StartsWith("avx", StringComparison.Ordinal) && !Library.Images.ContainsKey(level), $"this processor has no {level}");
        using var way = new Way();
        string[] emulator = rid == "linux-arm64" ? Emulator() : [];
        way.Make(Path.Join(Library.Root, "build/check.sh"), rid, level, way.Folder);
        string[] command = [.. emulator, Path.Join(way.Folder, "Secateur.Sparse.Check")];
        var (code, output, error) = way.Start(command[0], command[1..]);
        Assert.True(code == 0, output + error);
        Assert.Equal(levels, string.Join(", ", output.Trim().Split('\n').Select(line => line.Split(" ok: ")[0])));
        Assert.Contains("2x1, 4x1, convolution, integers, lookup, lookup of bfloat16, lookup of code4, lookup of float16, lookup of int8, strips of", output);
    }

    /// <summary>All of it: C, ONNX Runtime and the provider, of ARM64. ONNX Runtime crashes on what /sys tells of a processor that is none of ARM64's.</summary>
    [Fact(Explicit = true)]
    [Trait("category", "slow")]
    public void A_program_of_ARM64_gets_what_stock_ONNX_Runtime_computes()
    {
        var emulator = Emulator();
        Assert.SkipUnless(File.Exists("/usr/aarch64-linux-gnu/lib/libstdc++.so.6"), "ONNX Runtime needs ARM64's libstdc++.so.6: apt-get install libstdc++6-arm64-cross");
        using var way = new Way();
        Assert.SkipWhen(way.Start(Way.Tool("unshare"), ["-m", "mount", "-t", "tmpfs", "none", "/sys"]).Code != 0, "the processor that /sys tells of cannot be hidden from ONNX Runtime; be root");
        foreach (var name in new[] { "libonnxruntime.so", "libonnxruntime.so.1" }) File.CreateSymbolicLink(Path.Join(way.Folder, name), Path.Join(Way.Headers, "../../../runtimes/linux-arm64/native/libonnxruntime.so"));
        way.Make(Way.Tool("aarch64-linux-gnu-gcc"), "-std=c11", Way.Sample("c/main.c"), "-isystem", Way.Headers, "-L", way.Folder, "-l", "onnxruntime", "-o", "sample");
        way.Make(Path.Join(Library.Root, "build/provider.sh"), "linux-arm64");
        way.Holds(way.Start("unshare", ["-m", "sh", "-c", "mount -t tmpfs none /sys && exec \"$@\"", "sh", .. emulator, "-E", $"LD_LIBRARY_PATH={way.Folder}", Path.Join(way.Folder, "sample"), way.Model, Path.Join(Library.Root, "out/provider/linux-arm64/libsecateur.so")]));
    }

    private static string[] Emulator()
    {
        Way.Tool("aarch64-linux-gnu-gcc");
        return [Way.Tool("qemu-aarch64-static"), "-L", "/usr/aarch64-linux-gnu"];
    }
}
