using Secateur.Onnx.Proto;
using Secateur.Testing;
using Secateur.Tests.Structure;

namespace Secateur.Tests.Operators;

public sealed class ShapeTests
{
    /// <summary>A size that only shapes another value follows; one that leaves the graph, or is computed with, stays what it was.</summary>
    [Theory]
    [InlineData("sizes", "y", true), InlineData("first_size", "told", true), InlineData("shape", "shape", false)]
    public void A_size_that_is_read_follows_or_stays_what_it_was(string read, string output, bool free)
    {
        NodeProto[] nodes =
        [
            SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node("Shape", ["h"], ["shape"]), SmallGraphs.Node("Gather", ["shape", "last"], ["first_size"]),
            SmallGraphs.Node("Concat", ["minus", "first_size"], ["sizes"], ("axis", 0L)), SmallGraphs.Node("Reshape", ["h", "sizes"], ["flat"]),
            SmallGraphs.Node("MatMul", ["flat", "v"], ["y"]), SmallGraphs.Node("Cast", ["first_size"], ["wide"], ("to", 1L)), SmallGraphs.Node("Div", ["y", "wide"], ["told"]),
        ];
        var model = Law.Net(nodes, [("x", [2, 3, 4])], [("w", [4, 6]), ("v", [6, 5])], [Law.Numbers("last", 2), Law.Numbers("minus", -1)], output == "y" ? ["y"] : ["y", output]);
        Assert.Contains(model.Graph.Nodes, node => node.Outputs.Contains(read));
        Law.Holds(model, free ? 6 : 0, Law.Floats("x", new Random(3), 2, 3, 4));
    }
}
