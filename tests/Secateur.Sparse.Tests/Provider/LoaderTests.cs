using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>The library that users register, each time a copy of its own, so that it chooses anew.</summary>
[Collection(nameof(Alone))]
public sealed unsafe partial class LoaderTests : IDisposable
{
    private const string Variable = "SECATEUR_LEVEL";
    private static string? _message;
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public LoaderTests()
    {
        foreach (var path in Directory.EnumerateFiles(Library.Folder, "*.so")) File.Copy(path, Path.Join(_folder, Path.GetFileName(path)));
    }

    public void Dispose()
    {
        UnsetVariable(Variable);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("avx2")]
    [InlineData("baseline")]
    public void The_environment_can_ask_for_a_lower_level(string level)
    {
        Assert.SkipWhen(level == "avx2" && !Library.Images.ContainsKey(level), "this processor has no AVX2");
        SetVariable(Variable, level, 1);
        Assert.Equal(level == "avx2" ? "avx2" : "sse", Register());
    }

    [Fact]
    public void An_unknown_level_is_told()
    {
        SetVariable(Variable, "mmx", 1);
        Assert.Contains("SECATEUR_LEVEL is 'mmx'; it takes avx512, avx2, baseline", Assert.Throws<OnnxRuntimeException>(Register).Message);
    }

    [Fact]
    public void What_is_left_of_the_images_is_enough()
    {
        File.Delete(Path.Join(_folder, "libsecateur-v4.so"));
        File.Delete(Path.Join(_folder, "libsecateur-v3.so"));
        Assert.Equal("sse", Register());
    }

    [Fact]
    public void Images_that_are_missing_are_told()
    {
        foreach (var path in Directory.EnumerateFiles(_folder, "libsecateur-*.so")) File.Delete(path);
        Assert.Contains($"is in {_folder}, beside the library that was registered; copy them there", Assert.Throws<OnnxRuntimeException>(Register).Message);
    }

    /// <summary>Its tables end before version 24.</summary>
    [Fact]
    public void An_older_ONNX_Runtime_is_told()
    {
        var library = NativeLibrary.Load(Library.Path);
        var create = (delegate* unmanaged[Cdecl]<byte*, void**, void*, void**, nuint, nuint*, void*>)NativeLibrary.GetExport(library, "CreateEpFactories");
        var start = stackalloc void*[] { (delegate* unmanaged[Cdecl]<uint, void**>)&GetApi, (delegate* unmanaged[Cdecl]<byte*>)&GetVersion };
        void* factory;
        nuint count = 9;
        Assert.NotEqual(0, (nint)create(null, start, null, &factory, 1, &count));
        Assert.Equal(0u, count);
        Assert.Equal("Secateur's provider needs ONNX Runtime 1.24 or later, and this is 1.23.2; update it", _message);
    }

    private string Register()
    {
        var path = Path.Join(_folder, "libsecateur.so");
        var runtime = OrtEnv.Instance();
        var before = runtime.GetEpDevices().Count(device => device.EpName == Library.ProviderName);
        runtime.RegisterExecutionProviderLibrary(path, path);
        var level = runtime.GetEpDevices().Where(device => device.EpName == Library.ProviderName).Skip(before).Single().EpMetadata.Entries["level"];
        runtime.UnregisterExecutionProviderLibrary(path);
        return level;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void** GetApi(uint version)
    {
        if (version > 23) return null;
        var functions = (void**)NativeMemory.AllocZeroed(424, (nuint)sizeof(void*));
        functions[0] = (delegate* unmanaged[Cdecl]<int, byte*, void*>)&CreateStatus;
        return functions;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetVersion() => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("1.23.2"u8));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* CreateStatus(int code, byte* message)
    {
        _message = Marshal.PtrToStringUTF8((nint)message);
        return (void*)1;
    }

    // .NET's own variables are not those of the process, which the library reads
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);
}
