using System.Collections.Immutable;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>A forward pass that keeps only the values at the cuts between <see cref="Segments"/>, and a backward pass that runs each segment again, the last first.</summary>
/// <remarks>
/// Gradients are those of a plain pass: a segment run again draws the same numbers, and moves no running statistics a second time. Tensors belong to the dispose
/// scope that it is made in.
/// </remarks>
internal sealed class CheckpointedRun : IDisposable
{
    private readonly Plan plan;
    private readonly Segments segments;
    private readonly Mode mode;
    private readonly IDisposable?[] values;
    private readonly Dictionary<int, Tensor> last;  // leaves that the last segment read, by slot
    private readonly Tensor[] drawn;                // the generator's states before each segment
    private readonly Dictionary<int, Tensor> gradients = [];

    /// <summary>Runs forward.</summary>
    /// <param name="plan">Of the network.</param>
    /// <param name="course">Of its graph.</param>
    /// <param name="segments">Of that course.</param>
    /// <param name="values">By slot; constants and the model's inputs are there.</param>
    /// <param name="mode">Training or use.</param>
    public CheckpointedRun(Plan plan, Course course, Segments segments, IDisposable?[] values, Mode mode)
    {
        (this.plan, this.segments, this.values, this.mode) = (plan, segments, values, mode);
        drawn = new Tensor[segments.All.Length];
        using (no_grad())
        {
            for (var i = 0; i < segments.All.Length - 1; i++)
            {
                drawn[i] = Generator.Default.get_state();
                new Pass(plan, values, mode, null).Run(segments.All[i], segments.Kept);
                NativeRuntime.Trim(); // the holes that a segment leaves are too small for the next one's tensors
            }
        }
        var working = Working(segments.All[^1], course.Outputs, out last);
        new Pass(plan, working, mode, null).Run(segments.All[^1], segments.Kept);
        Outputs = [.. course.Outputs.Select(slot => working[slot])];
    }

    /// <summary>The graph's outputs, of which a loss may be made; null for one that is no value.</summary>
    public ImmutableArray<IDisposable?> Outputs { get; }

    /// <summary>Adds the gradients of a loss of the outputs to those of the parameters.</summary>
    public void Backward(Tensor loss)
    {
        loss.backward();
        Gather(last);
        using var after = Generator.Default.get_state();
        for (var i = segments.All.Length - 2; i >= 0; i--)
        {
            NativeRuntime.Trim();
            using (NewDisposeScope())
            {
                var made = segments.All[i].SelectMany(step => step.Outputs).Where(gradients.ContainsKey).ToArray();
                if (made.Length > 0)
                {
                    var working = Working(segments.All[i], [], out var leaves);
                    Generator.Default.set_state(drawn[i]);
                    new Pass(plan, working, mode with { Again = true }, null).Run(segments.All[i], segments.Kept);
                    var heads = made.Where(slot => working[slot] is Tensor { requires_grad: true }).ToArray();
                    if (heads.Length > 0) autograd.backward([.. heads.Select(slot => (Tensor)working[slot]!)], [.. heads.Select(slot => gradients[slot])]);
                    Gather(leaves);
                }
                foreach (var slot in made)
                {
                    if (gradients.Remove(slot, out var used)) used.Dispose();
                    values[slot]?.Dispose();
                }
            }
        }
        Generator.Default.set_state(after);
    }

    public void Dispose()
    {
        foreach (var state in drawn) state?.Dispose();
        foreach (var gradient in gradients.Values) gradient.Dispose();
    }

    /// <summary>The values as a segment sees them: those of earlier segments are leaves, whose gradients can be read.</summary>
    private IDisposable?[] Working(ImmutableArray<Step> segment, IEnumerable<int> outputs, out Dictionary<int, Tensor> leaves)
    {
        var working = (IDisposable?[])values.Clone();
        leaves = [];
        foreach (var slot in segment.SelectMany(step => step.Reads).Concat(outputs).Distinct().Where(segments.Kept.Contains))
        {
            if (values[slot] is not Tensor kept || !kept.is_floating_point()) continue;
            working[slot] = leaves[slot] = kept.detach().requires_grad_(true);
        }
        return working;
    }

    private void Gather(Dictionary<int, Tensor> leaves)
    {
        foreach (var (slot, leaf) in leaves)
        {
            if (leaf.grad is not { } gradient) continue;
            if (gradients.TryGetValue(slot, out var sum)) sum.add_(gradient);
            else gradients[slot] = gradient.detach().DetachFromDisposeScope();
        }
    }
}
