using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Embedding;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>The features that a budget leaves residual streams, and the model with these alone.</summary>
/// <param name="Turned">The sliced model.</param>
/// <param name="Whole">Makes its twin.</param>
/// <param name="Why">Of the tensors that are other than they were.</param>
/// <param name="Sparsity">The share of the streams' features that is no more.</param>
internal sealed record StreamPlan(Turned Turned, Twin Whole, string Why, double Sparsity) : Rewriting(Turned.Model, Sparsity)
{
    private const double MostError = 1e-3; // relative to the largest output

    /// <exception cref="SecateurException">There is no data, no stream that can be turned, or the budget is too small.</exception>
    public static new StreamPlan Of(OnnxModel model, DataSet? data, Recipe recipe, RewritingSpeed? speed, Action<string, double, string> report, CancellationToken cancel)
    {
        if (data is null) throw new SecateurException("granularity embedding: keeps the directions that examples use most; give --data");
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var network = new Network(Unfusing.Apply(model));
        var shapes = Binding.Of(model.Graph, data.Train).Shapes(data.Train);
        var view = new GraphView(network, StructureMap.SettingsOf(network, shapes));
        var (streams, faults) = StreamSearch.Run(view);
        if (streams.Length == 0)
            throw new SecateurException($"{model.Path}: has no residual stream that can be turned: {faults.FirstOrDefault("no sum of two of its values is normalized over its features")}; take another --granularity");
        using var moments = new StreamMoments(streams);
        Looking.Run(network, data, recipe, "embedding", inputs =>
        {
            foreach (var (name, value) in inputs) moments.Add(name, value);
        }, (node, _, outputs) => moments.Add(node, outputs), done => report("looking at residual streams", done, ""), cancel);
        var directions = Directions(streams, moments, report, cancel);
        Turned Made(Func<ResidualStream, long> kept, bool isWhole) => Turning.Apply(view, streams, space => directions[space], kept, isWhole);

        double Within(Recipe what) => Share(model, streams, what, shapes, kept => Made(kept, false).Model, cancel);
        OnnxModel Narrow(double some) => Made(stream => KeptOf(stream, some, recipe), false).Model;
        var share = Within(speed?.Met(what => Narrow(Within(what))) ?? recipe);
        long Kept(ResidualStream stream) => KeptOf(stream, share, recipe);
        var (sliced, whole) = (Made(Kept, false), Made(Kept, true));
        report("checking that what is turned computes the same", 0, "");
        var inputs = Example(network, data);
        Check(model, network.Run(inputs), Made(stream => stream.Width, false).Model, inputs, "turned");
        using (var twin = new Network(whole.Model)) Check(model, twin.Run(inputs), sliced.Model, inputs, "sliced");
        var width = streams.Sum(stream => stream.Width);
        var lost = streams.SelectMany(stream => stream.Spaces.Select(space => Lost(moments[space]!, directions[space], space.Centred, Kept(stream)))).Average();
        var told = string.Join(", ", streams.Select(stream => $"{Kept(stream)} of {stream.Width}").Distinct());
        report("checking that what is turned computes the same", 1, $"{told} features stay, {lost:0.00%} of the energy is lost");
        return new(sliced, new(whole, sliced), $"reads or writes a residual stream, of which {told} features stay", 1 - (streams.Sum(Kept) / (double)width));
    }

    public override ImmutableArray<Choice> Choices(Network network)
    {
        var weights = network.Weights.ToDictionary(weight => weight.Name);
        return
        [
            .. network.Constants.Keys.Where(network.Graph.Consumers.ContainsKey)
                .OrderBy(name => network.Graph.AllNodes.IndexOf(network.Graph.Consumers[name][0]))
                .Select(name => new Choice(name, network.Graph.Consumers[name][0].Name, weights.GetValueOrDefault(name), Turned.Constants.Contains(name),
                    Turned.Constants.Contains(name) ? Why : weights.ContainsKey(name) ? "is no part of a residual stream" : "is no weight")),
        ];
    }

    public override OnnxModel Twin(OnnxModel trained) => Whole.Of(trained);

    private static Dictionary<Space, Tensor> Directions(ImmutableArray<ResidualStream> streams, StreamMoments moments, Action<string, double, string> report, CancellationToken cancel)
    {
        Dictionary<Space, Tensor> directions = [];
        Space[] spaces = [.. streams.SelectMany(stream => stream.Spaces)];
        foreach (var space in spaces)
        {
            cancel.ThrowIfCancellationRequested();
            directions[space] = Turn.Principal(moments[space] ?? throw new SecateurException($"value '{space.Value}': no example reaches it, so its directions are not known; give other --data"), space.Centred);
            report("finding principal directions", (double)directions.Count / spaces.Length, space.Value);
        }
        return directions;
    }

    /// <summary>The share of the features that stays; for a budget of work or bytes the largest that fits.</summary>
    private static double Share(OnnxModel model, ImmutableArray<ResidualStream> streams, Recipe recipe, IReadOnlyDictionary<string, long[]> shapes, Func<Func<ResidualStream, long>, OnnxModel> made, CancellationToken cancel)
    {
        if (recipe is { Macs: null, Size: null }) return 1 - (recipe.Sparsity ?? 0);
        long Cost(OnnxModel model)
        {
            if (recipe.Size is not null) return model.Bytes;
            using var network = new Network(model);
            return Work.Of(model, Shapes.Of(network, inputs: shapes)).Total;
        }

        var limit = recipe.Size ?? (recipe.Macs <= 1 ? recipe.Macs.Value * Cost(model) : recipe.Macs!.Value);
        var (steps, least) = ((int)streams.Max(stream => stream.Width / Multiple(stream, recipe)), 0);
        double At(int step) => (double)step / steps;
        for (var most = steps; least < most;)
        {
            cancel.ThrowIfCancellationRequested();
            var middle = (least + most + 1) / 2;
            if (Cost(made(stream => KeptOf(stream, At(middle), recipe))) <= limit) least = middle;
            else most = middle - 1;
        }
        return least > 0 || Cost(made(stream => KeptOf(stream, 0, recipe))) is var fewest && fewest <= limit ? At(least)
            : throw new SecateurException($"{model.Path}: with the fewest features it has {fewest:N0} {(recipe.Size is null ? "MACs" : "bytes")}, over the {limit:N0} asked for; ask for more, or give a smaller --least-kept");
    }

    private static long KeptOf(ResidualStream stream, double share, Recipe recipe)
    {
        var multiple = Multiple(stream, recipe);
        var least = Math.Max(2, (long)Math.Ceiling(recipe.LeastKept * stream.Width / multiple) * multiple);
        return Math.Min(stream.Width, Math.Max(least, (long)Math.Round(share * stream.Width / multiple) * multiple));
    }

    private static long Multiple(ResidualStream stream, Recipe recipe) => recipe.RoundTo is { } asked ? Math.Min(asked, stream.Width) : stream.Width >= 64 ? 8 : stream.Width >= 16 ? 4 : 1;

    /// <summary>The share of a space's second moment that is not in the directions that stay.</summary>
    private static double Lost(Tensor moment, Tensor directions, bool isCentred, long kept)
    {
        using var scope = NewDisposeScope();
        var stays = directions.narrow(1, 0, isCentred ? kept - 1 : kept);
        return Math.Clamp(1 - ((mm(moment, stays) * stays).sum() / moment.trace().clamp_min(1e-300)).item<double>(), 0, 1);
    }

    private static IReadOnlyDictionary<string, Tensor> Example(Network network, DataSet data)
    {
        var binding = Binding.Of(network.Graph, data.Train);
        return binding.Bind(data.Train.Read(new Batches(data.Train, binding, 2, [0]).InOrder().First().Indices));
    }

    /// <summary>A model that was written wrongly is no result.</summary>
    private static void Check(OnnxModel dense, Tensor[] expected, OnnxModel made, IReadOnlyDictionary<string, Tensor> inputs, string what)
    {
        using var network = new Network(made);
        foreach (var (output, one, other) in dense.Graph.Outputs.Zip(expected, network.Run(inputs)))
        {
            if (one.shape.SequenceEqual(other.shape) && (one.numel() == 0 || !one.is_floating_point() || !(Difference(one, other) > MostError))) continue;
            throw new SecateurException($"{dense.Path}: {what}, its output '{output.Name}' is not what it was, so nothing was written; this is a fault of Secateur's, take another --granularity until it is gone");
        }

        static double Difference(Tensor one, Tensor other) => ((one - other).abs().max().to(ScalarType.Float64) / one.abs().max().to(ScalarType.Float64).clamp_min(1e-6)).item<double>();
    }
}
