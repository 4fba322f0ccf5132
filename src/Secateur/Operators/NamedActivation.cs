using System.Collections.Frozen;
using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>A function that a node names for its gates or its result; alpha and beta are null where it takes none.</summary>
internal sealed record NamedActivation(float? Alpha, float? Beta, Func<Tensor, float, float, Tensor> Run)
{
    public static FrozenDictionary<string, NamedActivation> All { get; } = new Dictionary<string, NamedActivation>
    {
        ["Affine"] = new(1, 0, (x, alpha, beta) => alpha * x + beta),
        ["Elu"] = new(1, null, (x, alpha, _) => functional.elu(x, alpha)),
        ["HardSigmoid"] = new(0.2f, 0.5f, (x, alpha, beta) => (alpha * x + beta).clamp(0, 1)),
        ["LeakyRelu"] = new(0.01f, null, (x, alpha, _) => functional.leaky_relu(x, alpha)),
        ["Relu"] = new(null, null, (x, _, _) => x.relu()),
        ["ScaledTanh"] = new(1, 1, (x, alpha, beta) => alpha * (beta * x).tanh()),
        ["Sigmoid"] = new(null, null, (x, _, _) => x.sigmoid()),
        ["Softplus"] = new(null, null, (x, _, _) => functional.softplus(x)),
        ["Softsign"] = new(null, null, (x, _, _) => functional.softsign(x)),
        ["Tanh"] = new(null, null, (x, _, _) => x.tanh()),
        ["ThresholdedRelu"] = new(1, null, (x, alpha, _) => functional.threshold(x, alpha, 0)),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The function that the node's <c>activation</c> names, with what it takes: alpha and beta, or the bounds of a <c>Clip</c>.</summary>
    /// <exception cref="SecateurException">The function is not known.</exception>
    public static Tensor Apply(Node node, Tensor x, float[] parameters)
    {
        var name = node.Text("activation");
        if (name == "Clip" && parameters is [var low, var high]) return x.clamp(low, high);
        var known = Find(node, name);
        return known.Run(x, parameters.Length > 0 ? parameters[0] : known.Alpha ?? 0, parameters.Length > 1 ? parameters[1] : known.Beta ?? 0);
    }

    /// <summary>
    /// The node's functions for each direction; those that take an alpha or a beta take them off the node's lists in turn. The
    /// node's <c>clip</c> bounds what goes into the first two, those of the gates, as ONNX Runtime has it.
    /// </summary>
    /// <exception cref="SecateurException">A function is not known, or there are too few or too many.</exception>
    public static Func<Tensor, Tensor>[][] Of(Node node, string[] otherwise, int directions)
    {
        string[] names = node.Texts("activations") is { Length: > 0 } given ? given : [.. Enumerable.Repeat(otherwise, directions).SelectMany(all => all)];
        if (names.Length != otherwise.Length * directions)
            throw node.Error($"names {names.Length} activations, {otherwise.Length} for each of {directions} directions are needed; export the model again");
        var (alphas, betas, clip) = (new Queue<float>(node.Floats("activation_alpha") ?? []), new Queue<float>(node.Floats("activation_beta") ?? []), node.Float("clip"));
        return [.. names.Select(Bend).ToArray().Chunk(otherwise.Length)];

        Func<Tensor, Tensor> Bend(string name, int place)
        {
            var known = Find(node, name);
            var alpha = known.Alpha is { } usual ? alphas.TryDequeue(out var first) ? first : usual : 0;
            var beta = known.Beta is { } common ? betas.TryDequeue(out var second) ? second : common : 0;
            return clip > 0 && place % otherwise.Length < 2 ? x => known.Run(x.clamp(-clip, clip), alpha, beta) : x => known.Run(x, alpha, beta);
        }
    }

    private static NamedActivation Find(Node node, string name) => All.GetValueOrDefault(name)
        ?? throw node.Error($"the activation '{name}' is not known; {string.Join(", ", All.Keys.Order(StringComparer.Ordinal))} are");
}
