using Secateur.Sparse.Tests.Provider;

namespace Secateur.Sparse.Tests.Ways;

public sealed class PythonTests
{
    [Fact]
    public void Loads_the_library_beside_ONNX_Runtime()
    {
        using var way = new Way();
        var (code, output, error) = way.Start(Way.Tool("python3"), [Way.Sample("python/factory.py"), Path.Join(way.WithRuntime(), "libonnxruntime.so"), Library.Path]);
        Assert.True(code == 0, error);
        Assert.Equal(Library.ProviderName, output.Trim());
    }

    [Fact]
    public void Gets_what_stock_ONNX_Runtime_computes()
    {
        using var way = new Way();
        var python = Way.Tool("python3");
        Assert.SkipWhen(way.Start(python, ["-c", "import onnxruntime; onnxruntime.get_ep_devices"]).Code != 0, "Python has no onnxruntime, or one before 1.24");
        way.Holds(way.Start(python, [Way.Sample("python/run.py"), way.Model, Library.Path]));
    }
}
