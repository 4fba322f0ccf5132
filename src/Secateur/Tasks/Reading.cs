using System.Collections.Immutable;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tasks;

/// <summary>What a model answers to a batch of examples: its outputs, each in its form.</summary>
internal sealed class Reading
{
    private readonly ImmutableArray<(OutputForm Form, Tensor Tensor)> read;

    private Reading(ImmutableArray<(OutputForm, Tensor)> read, long examples) => (this.read, Examples) = (read, examples);

    public long Examples { get; }

    /// <summary>The outputs that count, in the graph's order; see <see cref="OutputForm.Read"/> for their shapes. At least one.</summary>
    public ImmutableArray<(OutputForm Form, Tensor Tensor)> All => read;

    /// <summary>The output that labels speak of: the first that counts.</summary>
    public Tensor First => read[0].Tensor;

    /// <summary>Of one example of the batch alone.</summary>
    public Reading Only(int example) => new([.. read.Select(pair => (pair.Form, pair.Tensor.narrow(0, example, 1)))], 1);

    /// <param name="forms">Of all outputs, in the graph's order.</param>
    /// <param name="outputs">As the graph gave them.</param>
    /// <param name="examples">In the batch.</param>
    /// <param name="real">Those at the front that are no filling.</param>
    /// <param name="model">Its path, for messages.</param>
    /// <exception cref="SecateurException">No output counts, or one has no answer for each example.</exception>
    public static Reading Of(ImmutableArray<OutputForm> forms, IReadOnlyList<Tensor> outputs, long examples, long real, string model)
    {
        var read = forms.Zip(outputs).Where(pair => pair.First.Kind != OutputKind.Ignored && pair.Second.is_floating_point() && pair.Second.numel() > 0)
            .Select(pair => (pair.First, pair.First.Read(pair.Second, examples, model).narrow(0, 0, real))).ToImmutableArray();
        return read.IsEmpty ? throw new SecateurException($"{model}: none of its outputs is of floating point, so there is nothing to compare or to learn") : new(read, real);
    }
}
