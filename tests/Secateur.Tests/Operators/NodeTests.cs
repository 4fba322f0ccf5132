using Secateur.Testing;

namespace Secateur.Tests.Operators;

/// <summary>ONNX's own node tests, where <c>build/get-node-tests.sh</c> has put them.</summary>
public sealed class NodeTests
{
    private static readonly string? Folder = Find();

    public static TheoryData<string> Cases => [.. Folder is null ? [""] : NodeCase.In(Folder).Select(one => one.Name)];

    public NodeTests() => Threads.Use(1);

    [Theory, MemberData(nameof(Cases))]
    public void Passes_unless_a_reason_is_known(string name)
    {
        if (Folder is null) Assert.Skip("ONNX's node tests are not here; run build/get-node-tests.sh out/data/node-tests");
        var fault = new NodeCase(Path.Combine(Folder, "test_" + name)).Check();
        if (NodeGaps.Reason(name) is { } reason) Assert.True(fault is not null, $"passes now; take it from the gaps ({reason})");
        else Assert.Null(fault);
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Secateur.slnx"))) return Existing(Path.Combine(folder.FullName, "out/data/node-tests")) ?? Existing("/usr/share/libonnx-testdata/data/node");
        return null;
    }

    private static string? Existing(string folder) => Directory.Exists(folder) ? folder : null;
}
