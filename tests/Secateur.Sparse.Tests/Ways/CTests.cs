using Secateur.Sparse.Tests.Provider;

namespace Secateur.Sparse.Tests.Ways;

public sealed class CTests
{
    [Fact]
    public void C_gets_what_stock_ONNX_Runtime_computes() => Holds("gcc", "c/main.c", "-std=c11");

    [Fact]
    public void Cpp_gets_what_stock_ONNX_Runtime_computes() => Holds("g++", "cpp/main.cpp", "-std=c++17");

    [Fact]
    public void C_is_told_what_is_wrong()
    {
        using var way = new Way();
        Compile(way, "gcc", "c/main.c", "-std=c11");
        var (code, _, error) = Start(way, "/nowhere/libsecateur.so");
        Assert.Equal(1, code);
        Assert.Contains("/nowhere/libsecateur.so", error);
    }

    private static void Holds(string compiler, string source, string standard)
    {
        using var way = new Way();
        Compile(way, compiler, source, standard);
        way.Holds(Start(way, Library.Path));
    }

    private static void Compile(Way way, string compiler, string source, string standard) =>
        way.Make(Way.Tool(compiler), standard, "-Wall", "-Werror", Way.Sample(source), "-isystem", Way.Headers, "-L", way.WithRuntime(), "-l", "onnxruntime", "-o", "sample");

    private static (int Code, string Output, string Error) Start(Way way, string library) =>
        way.Start(Path.Join(way.Folder, "sample"), [way.Model, library], ("LD_LIBRARY_PATH", way.Folder));
}
