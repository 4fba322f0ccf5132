using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Pruning;

/// <summary>A model that is written anew before anything is trained: what goes is gone then, and what stays learns.</summary>
/// <param name="Model">With other weights and nodes.</param>
/// <param name="Sparsity">The share that went, of what the granularity counts.</param>
internal abstract record Rewriting(OnnxModel Model, double Sparsity)
{
    /// <param name="model">The dense model; not changed.</param>
    /// <param name="data">Its training part calibrates.</param>
    /// <param name="recipe">Checked, of a granularity that rewrites.</param>
    /// <param name="speed">Finds how much work a speed leaves; null where none is asked for.</param>
    /// <param name="report">Told of each step.</param>
    /// <param name="cancel">Looked at before each batch and each layer.</param>
    /// <exception cref="SecateurException">Nothing can be rewritten, or not enough of it.</exception>
    public static Rewriting Of(OnnxModel model, DataSet? data, Recipe recipe, RewritingSpeed? speed, Action<string, double, string> report, CancellationToken cancel) =>
        recipe.Factors ? RankPlan.Of(model, data, recipe, speed, report, cancel) : StreamPlan.Of(model, data, recipe, speed, report, cancel);

    /// <summary>What happened to each tensor of the model.</summary>
    /// <param name="network">Of it.</param>
    public abstract ImmutableArray<Choice> Choices(Network network);

    /// <summary>The whole model that computes what the smaller one computes.</summary>
    /// <param name="trained">The model, with the values that its constants have by now.</param>
    /// <exception cref="SecateurException">There is none.</exception>
    public abstract OnnxModel Twin(OnnxModel trained);
}
