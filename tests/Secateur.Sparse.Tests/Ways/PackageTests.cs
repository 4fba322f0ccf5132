using Microsoft.ML.OnnxRuntime;
using Secateur.Sparse.Tests.Provider;

namespace Secateur.Sparse.Tests.Ways;

/// <summary>The NuGet package Secateur.Sparse.</summary>
public sealed class PackageTests
{
    [Fact]
    public void A_program_of_one_more_line_gets_what_stock_ONNX_Runtime_computes()
    {
        using var way = new Way();
        way.Make(Path.Join(Library.Root, "build/pack-nuget.sh"), "-o", Path.Join(way.Folder, "feed"), "linux-x64");
        foreach (var name in new[] { "Program.cs", "Sample.csproj" }) File.Copy(Way.Sample($"csharp/{name}"), Path.Join(way.Folder, name));
        File.WriteAllText(Path.Join(way.Folder, "nuget.config"), "<configuration><packageSources><clear /><add key=\"feed\" value=\"feed\" /></packageSources></configuration>");
        way.Make("dotnet", "build", "Sample.csproj", "-c", "Release", "-v", "quiet", "-o", "built", "-p:UseAppHost=false", $"-p:RestorePackagesPath={way.Folder}/packages", $"-p:RestoreFallbackFolders={Way.Packages}");
        way.Holds(way.Start("dotnet", ["built/Sample.dll", way.Model]));
    }

    [Fact]
    public void A_library_that_is_registered_is_not_registered_again()
    {
        Assert.Equal("loader", Library.Images.First(image => image.Value == Library.Device).Key);
        var before = OrtEnv.Instance().GetEpDevices().Count;
        using var first = new SessionOptions();
        using var second = new SessionOptions();
        Assert.Same(first, first.AppendSecateur());
        second.AppendSecateur(new() { Threshold = 0.25, Threads = 1, Force = true });
        Assert.Equal(before, OrtEnv.Instance().GetEpDevices().Count);
    }

    [Fact]
    public void A_missing_library_is_told() =>
        Assert.Contains($"libsecateur.so for linux-x64 is in none of {AppContext.BaseDirectory.TrimEnd('/')}", Assert.Throws<DllNotFoundException>(() => SecateurProvider.LibraryPath).Message);

    [Fact]
    public void Options_reach_the_provider()
    {
        Assert.NotEmpty(Library.Images);
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        options.AppendSecateur(new() { Threshold = 2 });
        using var way = new Way();
        Assert.Contains("option 'threshold' is '2'", Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(way.Model, options)).Message);
    }
}
