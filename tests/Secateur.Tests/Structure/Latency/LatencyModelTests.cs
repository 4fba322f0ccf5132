using Google.Protobuf;
using Secateur.Architectures;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;
using Secateur.Structure.Latency;
using Secateur.Tests.Evaluation;

namespace Secateur.Tests.Structure.Latency;

[Collection(nameof(Alone))]
public sealed class LatencyModelTests
{
    [Fact]
    public void Every_node_is_in_one_piece_and_every_value_that_a_piece_reads_is_made_before() => OfEach((model, shapes, _) =>
    {
        var pieces = Piece.Of(model, shapes);
        HashSet<string> made = [.. model.Graph.Inputs.Select(input => input.Name)];
        foreach (var piece in pieces)
        {
            Assert.All(piece.Inputs, input => Assert.Contains(input, made));
            made.UnionWith(piece.Outputs);
        }
        Assert.Equal(model.Graph.Nodes.Select(node => node.Name).Order(), pieces.SelectMany(piece => piece.Nodes).Distinct().Select(node => node.Name).Order());
        Assert.All(model.Graph.Outputs, output => Assert.Contains(output.Name, made));
    });

    [Fact]
    public void Onnx_runtime_runs_every_piece_whole_and_narrow() => OfEach((model, shapes, shrinkage) =>
    {
        using var folder = new TemporaryFolder();
        foreach (var piece in Piece.Of(model, shapes))
            foreach (var share in (int[])[1, 2, 4])
            {
                int[] kept = [.. shrinkage.Units.Select(units => Math.Max(1, units / share))];
                var own = shapes.With(value => shrinkage.ShapeOf(value, kept));
                var (made, path) = (PieceModel.Of(piece, model, shapes, own), folder.File("piece.onnx"));
                using (var file = File.Create(path)) made.Make().WriteTo(file);
                using var network = new Network(OnnxModel.Load(path));
                using var session = new OrtModel(path, 1);
                using var scope = TorchSharp.torch.NewDisposeScope();
                var inputs = network.Graph.Inputs.ToDictionary(input => input.Name, input => TorchSharp.torch.zeros(input.ShapeWith(1), TorchTensors.TypeOf(input.Type)));
                foreach (var (value, output) in piece.Outputs.Zip(session.Run(inputs))) Assert.Equal(own[value], output.shape);
            }
    });

    [Fact]
    public void The_dense_model_takes_what_was_measured_and_a_narrower_one_less()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        Build("resnet-8").Save(path);
        var table = LatencyExport.Write([path], folder.File("table.json"), new() { Threads = 1 }, folder.File("cache.json"), null, TestContext.Current.CancellationToken);
        var model = OnnxModel.Load(path);
        using var network = new Network(model);
        var shapes = Shapes.Of(network);
        using var map = StructureMap.Of(network);
        var shrinkage = Shrinkage.Of(map, shapes);
        var foreign = new LatencyModel(path, model, shapes, shrinkage, LatencyTable.Load(folder.File("table.json"), 1));
        foreign.Measure(null, TestContext.Current.CancellationToken);
        var cost = foreign.ToCost();
        var dense = cost.At([.. shrinkage.Units]);
        Assert.Equal(table[foreign.Keys.Last()]!.Value, dense, 1e-9);
        Assert.InRange(cost.At([.. shrinkage.Units.Select(units => units / 2)]), 0.05 * dense, 0.8 * dense);
        Assert.InRange(cost.At([.. shrinkage.Units.Select(units => units - 1)]), 0.5 * dense, dense);

        var other = Build("mobilenet-v2-small"); // of which the table knows nothing
        other.Save(path);
        using var second = new Network(other);
        var seen = Shapes.Of(second);
        using var otherMap = StructureMap.Of(second);
        var e = Assert.Throws<SecateurException>(() => new LatencyModel(path, other, seen, Shrinkage.Of(otherMap, seen), LatencyTable.Load(folder.File("table.json"), 1)).Measure(null, TestContext.Current.CancellationToken));
        Assert.Contains("table.json: has no 'Conv", e.Message);
    }

    private static OnnxModel Build(string name) => Architecture.Named(name).Build(new() { InputShape = [3, 16, 16], Classes = 10 }, 1);

    private static void OfEach(Action<OnnxModel, Shapes, Shrinkage> law)
    {
        foreach (var name in (string[])["lenet-5", "resnet-8", "mobilenet-v2-small", "vit-small"])
        {
            var model = name is "lenet-5" or "vit-small" ? Architecture.Named(name).Build(new() { InputShape = [1, 28, 28], Classes = 10 }, 1) : Build(name);
            using var network = new Network(model);
            var shapes = Shapes.Of(network);
            using var map = StructureMap.Of(network);
            law(model, shapes, Shrinkage.Of(map, shapes));
        }
    }
}
