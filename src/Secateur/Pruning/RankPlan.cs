using System.Collections.Immutable;
using System.IO.Enumeration;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure.Budget;
using Secateur.Structure.Ranks;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>A layer written as two.</summary>
/// <param name="Weight">Of the dense model.</param>
/// <param name="Rank">Channels between the two.</param>
/// <param name="FullRank">Of the weight.</param>
/// <param name="Lost">The share of the energy of its outputs on the calibration examples (of its weight, without data) that the two do not carry.</param>
internal sealed record FactoredLayer(string Weight, int Rank, int FullRank, double Lost);

/// <summary>The ranks that a budget leaves, chosen by the energy that is lost, and the model with layers written as two.</summary>
/// <param name="Model">With other weights, otherwise the same.</param>
/// <param name="Layers">Those that became two, in the graph's order.</param>
/// <param name="Sparsity">The share of the dense model's weights that is no more.</param>
internal sealed record RankPlan(OnnxModel Model, ImmutableArray<FactoredLayer> Layers, double Sparsity) : Rewriting(Model, Sparsity)
{
    private const int SplitBytes = 256; // a second node and its names

    /// <param name="model">The dense model; not changed.</param>
    /// <param name="data">Its training part calibrates; null decomposes the weights alone.</param>
    /// <param name="recipe">Checked, of granularity rank.</param>
    /// <param name="speed">Finds how much work a speed leaves; null where none is asked for.</param>
    /// <param name="report">Told of each layer.</param>
    /// <param name="cancel">Looked at before each batch and each layer.</param>
    /// <exception cref="SecateurException">Nothing can be factored, or not enough of it.</exception>
    public static new RankPlan Of(OnnxModel model, DataSet? data, Recipe recipe, RewritingSpeed? speed, Action<string, double, string> report, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        using var network = new Network(model);
        ImmutableArray<Factorable> layers = [.. Factorable.Of(network).Where(layer => !recipe.Keep.Any(pattern => Matches(pattern, layer)))];
        if (layers.Length == 0) throw new SecateurException($"{model.Path}: has no weight that could be written as a product of two; take another --granularity");
        using var moments = new Moments();
        var byNode = layers.ToLookup(layer => layer.Node);
        if (data is not null)
            Looking.Run(network, data, recipe, "ranks", null, (node, inputs, outputs) =>
            {
                foreach (var layer in byNode[node]) moments.Add(layer, inputs, outputs[0]!);
            }, done => report("looking at what layers compute", done, ""), cancel);
        List<Basis> bases = [];
        try
        {
            foreach (var layer in layers)
            {
                cancel.ThrowIfCancellationRequested();
                bases.Add(Basis.Of(layer, moments[layer]));
                report("decomposing weights", (double)bases.Count / layers.Length, layer.Weight.Name);
            }
            RankPlan Within(Recipe what) => Chosen(network, layers, bases, data, what, cancel);
            return Within(speed?.Met(what => Within(what).Model) ?? recipe);
        }
        finally
        {
            foreach (var basis in bases) basis.Dispose();
        }
    }

    /// <exception cref="SecateurException">Always: two layers have no zeros to show.</exception>
    public override OnnxModel Twin(OnnxModel trained) => throw new SecateurException($"{trained.Path}: layers written as two have no twin; leave out masked");

    public override ImmutableArray<Choice> Choices(Network network)
    {
        var weights = network.Weights.ToDictionary(weight => weight.Name);
        var halves = Layers.SelectMany(layer => new[] { ($"{layer.Weight}/down", layer), ($"{layer.Weight}/up", layer) }).ToDictionary(pair => pair.Item1, pair => pair.layer);
        return
        [
            .. network.Constants.Keys.Where(network.Graph.Consumers.ContainsKey)
                .OrderBy(name => network.Graph.AllNodes.IndexOf(network.Graph.Consumers[name][0]))
                .Select(name => new Choice(name, network.Graph.Consumers[name][0].Name, weights.GetValueOrDefault(name), halves.ContainsKey(name),
                    halves.TryGetValue(name, out var layer) ? $"a factor of {layer.Weight}: rank {layer.Rank} of {layer.FullRank}, {layer.Lost:0.00%} of the energy lost"
                    : weights.ContainsKey(name) ? "is whole: cheaper so, or all of it is needed" : "is no weight")),
        ];
    }

    private static RankPlan Chosen(Network network, ImmutableArray<Factorable> layers, List<Basis> bases, DataSet? data, Recipe recipe, CancellationToken cancel)
    {
        var (model, total) = (network.Model, network.Weights.Sum(weight => (double)weight.Elements));
        var (budget, each) = Budget(network, data, recipe);
        if (recipe.Size is not null) budget = budget with { Limit = budget.Limit - (SplitBytes * layers.Length) };
        var cost = new CostFunction(budget.Dense - layers.Sum(layer => each(layer) * layer.Elements(layer.FullRank)),
            [.. layers.Select((layer, place) => new CostTerm([place], kept => each(layer) * layer.Elements(kept[place])))]);
        UnitGroup[] groups = [.. layers.Zip(bases, (layer, basis) => new UnitGroup(basis.Energies, (int)Math.Clamp(Math.Ceiling(recipe.LeastKept * layer.FullRank), 1, layer.FullRank), Multiple(layer, recipe)))];
        var ranks = Knapsack.Choose(groups, cost, budget.Limit, budget.Unit, cancel).Kept;
        Dictionary<Factorable, (Tensor Up, Tensor Down)> factors = [];
        var made = ImmutableArray.CreateBuilder<FactoredLayer>();
        foreach (var (place, layer) in layers.Index().Where(one => one.Item.IsCheaper(ranks[one.Index])))
        {
            factors[layer] = bases[place].Factors(layer, ranks[place]);
            made.Add(new(layer.Weight.Name, ranks[place], layer.FullRank, bases[place].Energies.Skip(ranks[place]).Sum()));
        }
        var saved = factors.Keys.Sum(layer => layer.Weight.Elements - layer.Elements((int)factors[layer].Down.shape[0]));
        return new(Splitting.Apply(model, factors), made.ToImmutable(), saved / total);
    }

    /// <summary>The cost that the recipe limits, and how much of it an element of a layer's weight or factors is.</summary>
    private static (LayerBudget Budget, Func<Factorable, double> Each) Budget(Network network, DataSet? data, Recipe recipe)
    {
        var model = network.Model;
        if (recipe.Size is { } size) return (LayerBudget.Bytes(model) with { Limit = size }, layer => layer.Weight.Width);
        if (recipe.Macs is not { } macs) return (LayerBudget.Parameters(model).Share(1 - (recipe.Sparsity ?? 0)), _ => 1);
        var budget = LayerBudget.Macs(model, Shapes.Of(network, inputs: data is null ? null : Binding.Of(model.Graph, data.Train).Shapes(data.Train)));
        return (macs <= 1 ? budget.Share(macs) : budget with { Limit = macs },
            layer => budget.Saved(new HashSet<Node> { layer.Node }, new HashSet<string>()) / layer.Weight.Elements);
    }

    private static int Multiple(Factorable layer, Recipe recipe) => recipe.RoundTo is { } asked ? Math.Min(asked, layer.FullRank)
        : layer.FullRank >= 64 ? 8 : layer.FullRank >= 16 ? 4 : 1;

    private static bool Matches(string pattern, Factorable layer) => FileSystemName.MatchesSimpleExpression(pattern, layer.Weight.Name, ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression(pattern, layer.Node.Name, ignoreCase: false);
}
