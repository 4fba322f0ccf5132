using Secateur.Sparse.Tests.Provider;

namespace Secateur.Sparse.Tests.Ways;

/// <summary>Of onnxruntime-node as npm gives it, 290 MB.</summary>
public sealed class NodeTests
{
    private const string Package = "onnxruntime-node@1.30.0";

    [Fact(Explicit = true)]
    [Trait("category", "slow")]
    public void Gets_what_stock_ONNX_Runtime_computes()
    {
        using var way = Installed();
        way.Make(Way.Tool("gcc"), "-Wall", "-Werror", "-shared", "-fPIC", Way.Sample("node/secateur.c"), "-isystem", Way.Headers, "-o", "secateur.node");
        (string, string)[] asked = [("SECATEUR_LIBRARY", Library.Path), ("SECATEUR_THRESHOLD", "0.5"), ("SECATEUR_VERBOSE", "1")];
        way.Holds(way.Start(Way.Tool("node"), ["run.js", way.Model], asked));

        var (code, _, error) = way.Start(Way.Tool("node"), ["run.js", way.Model], ("SECATEUR_LIBRARY", "/nowhere/libsecateur.so"));
        Assert.Equal(1, code);
        Assert.Contains("/nowhere/libsecateur.so", error);
    }

    /// <summary>Once it can, the addon is not needed any more.</summary>
    [Fact(Explicit = true)]
    [Trait("category", "slow")]
    public void Its_own_JavaScript_can_register_no_library()
    {
        using var way = Installed();
        var (code, output, error) = way.Start(Way.Tool("node"), ["-e",
            "const ort = require('onnxruntime-node'); console.log(Object.keys(ort).filter(name => /library|device|plugin/i.test(name)).length);" +
            $"ort.InferenceSession.create('{way.Model}', {{ executionProviders: ['{Library.ProviderName}'] }}).catch(fault => console.log(fault.message))"]);
        Assert.True(code == 0, error);
        Assert.Equal(["0", $"no available backend found. ERR: [{Library.ProviderName}] backend not found."], output.Trim().Split('\n'));
    }

    private static Way Installed()
    {
        var npm = Way.Tool("npm");
        Way.Tool("node");
        var way = new Way();
        File.Copy(Way.Sample("node/run.js"), Path.Join(way.Folder, "run.js"));
        var (code, _, error) = way.Start(npm, ["install", "--ignore-scripts", "--no-audit", "--no-fund", Package]);
        if (code == 0) return way;
        way.Dispose();
        Assert.Skip($"npm does not give {Package}: {error.Split('\n')[0]}");
        return null!;
    }
}
