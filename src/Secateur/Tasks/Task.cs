using System.Collections.Frozen;
using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Tasks;

/// <summary>What a model is for: what its outputs mean, what its labels are, how it learns from them, and by which metrics it is judged.</summary>
public abstract class Task
{
    public static FrozenDictionary<string, Task> All { get; } = new Dictionary<string, Task>
    {
        ["classification"] = new Classification(),
        ["multi-label"] = new MultiLabel(),
        ["regression"] = new Regression(),
        ["tagging"] = new Tagging(),
        ["language-modelling"] = new LanguageModelling(),
        ["segmentation"] = new Segmentation(),
        ["ctc"] = new Ctc(),
        ["embedding"] = new Embedding(),
        ["detection"] = new Detection(),
        ["self-distillation"] = new SelfDistillation(),
    }.ToFrozenDictionary();

    /// <summary>One line for people: what the model gives, and what labels are.</summary>
    public abstract string Summary { get; }

    /// <summary>Metrics that fit where there are labels, keys of <see cref="Evaluation.Metric.All"/>; the first is taken unless another is asked for.</summary>
    public abstract ImmutableArray<string> Metrics { get; }

    /// <summary>Metrics that fit without labels, by what the outputs are; the first is taken unless another is asked for.</summary>
    internal static ImmutableArray<string> Without(ImmutableArray<OutputForm> forms) =>
        forms.Any(form => form.Kind is OutputKind.Classes or OutputKind.Switches) ? ["agreement", "top-5-agreement", "kl", "cosine", "relative-error"] : ["cosine", "relative-error", "kl"];

    /// <summary>Whether labels can teach; otherwise the dense model always does.</summary>
    internal virtual bool Learns => true;

    /// <summary>Whether the labels are made of the inputs themselves.</summary>
    internal virtual bool LabelsItself => false;

    /// <summary>How the graph's outputs are read for this task.</summary>
    internal virtual ImmutableArray<OutputForm> Forms(Graph graph) => [.. graph.Outputs.Select((_, index) => OutputForm.Of(graph, index))];

    /// <summary>Why the task is the one for a model and its labels; null where it is not, or cannot be told from them.</summary>
    /// <param name="graph">Of the model.</param>
    /// <param name="labels">Of some examples, [examples, …]; null where there are none.</param>
    /// <param name="examples">That they belong to.</param>
    internal virtual string? Suits(Graph graph, Tensor? labels, Examples examples) => null;

    /// <summary>What the model should answer to a batch.</summary>
    /// <param name="read">The features, as <see cref="Examples.Read"/> gave them.</param>
    /// <param name="labels">As <see cref="Examples.ReadTarget"/> gave them; null where there are none.</param>
    internal virtual Tensor? Target(IReadOnlyDictionary<string, Tensor> read, Tensor? labels) => labels;

    /// <summary>Whether answers and labels go together, asked before anything is computed of them: LibTorch ends the process on some that do not.</summary>
    /// <exception cref="SecateurException">They do not; the message says what there is and what is wanted.</exception>
    internal virtual void Check(Reading reading, Tensor target, string model) { }

    /// <summary>The mean loss of a batch against its labels.</summary>
    internal virtual Tensor Loss(Reading reading, Tensor target) => throw new NotSupportedException($"{GetType().Name} learns from no labels.");

    /// <summary>The outputs with the first of them read as the task wants it, whatever its node says.</summary>
    private protected static ImmutableArray<OutputForm> FirstAs(Graph graph, OutputKind kind, int? axis = null)
    {
        ImmutableArray<OutputForm> forms = [.. graph.Outputs.Select((_, index) => OutputForm.Of(graph, index))];
        var first = forms[0];
        if (first.Kind == OutputKind.Ignored)
            throw new SecateurException($"{graph.Outputs[0]}: is not of floating point, so it holds no scores; export the model with its scores as the first output");
        // a softmax over classes says nothing of switches, and the other way round
        var scores = first.Kind == kind ? first.Scores : ScoreKind.Logits;
        return [first with { Kind = kind, Scores = scores, Axis = axis ?? (first.Kind == kind ? first.Axis : null) }, .. forms[1..]];
    }

    /// <summary>In the order in which they are asked whether they suit; where none does it is <c>self-distillation</c>.</summary>
    internal static ImmutableArray<string> Asked { get; } = ["ctc", "embedding", "classification", "multi-label", "regression", "tagging", "segmentation", "language-modelling"];
}
