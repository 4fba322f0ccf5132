using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Secateur.Onnx;
using Secateur.Operators;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>One run of a model. Values are tensors, sequences, texts; those of subgraphs stand beside those around them, so that a subgraph sees what it captures.</summary>
/// <param name="plan">Of the model.</param>
/// <param name="values">By slot; constants and the model's inputs are there.</param>
/// <param name="mode">Training or use.</param>
/// <param name="observe">Called after each node, those of subgraphs each time that they run.</param>
internal sealed class Pass(Plan plan, IDisposable?[] values, Mode mode, Observer? observe)
{
    /// <summary>Runs a graph whose inputs are in their slots.</summary>
    public IDisposable[] Run(Graph graph)
    {
        Run(plan.Of(graph).Steps);
        return Outputs(graph);
    }

    /// <summary>Runs nodes in order.</summary>
    /// <param name="steps">Of a course; what they read is in its slots.</param>
    /// <param name="kept">Slots that are not freed after their last use.</param>
    public void Run(ImmutableArray<Step> steps, IReadOnlySet<int>? kept = null)
    {
        foreach (var step in steps) Advance(step, kept);
    }

    /// <summary>Runs one node.</summary>
    /// <exception cref="SecateurException">It cannot run on what it is given; the message names it.</exception>
    public static IDisposable[] Execute(Node node, Operator op, IDisposable?[] given, Mode mode, Subgraph run)
    {
        using var scope = NewDisposeScope(); // what the operator makes on its way ends with it
        try
        {
            var made = op.RunValues(node, given, mode, run);
            // a value that passes unchanged, or leaves twice, gets a handle of its own, so that each can be freed alone
            for (var i = 0; i < made.Length; i++)
                if (given.Concat(made.Take(i)).Any(other => other is not null && ReferenceEquals(other, made[i]))) made[i] = made[i].Alias();
            foreach (var value in made) value?.MovedOut();
            return made;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or NullReferenceException)
        {
            // operators take the inputs for there that ONNX's schema asks for
            throw new SecateurException(node.Error($"needs more than inputs of shape {Shapes()}; export the model again").Message, e);
        }
        catch (Exception e) when (e is ExternalException or ArgumentException or InvalidOperationException or ArithmeticException or OutOfMemoryException or KeyNotFoundException)
        {
            throw new SecateurException(node.Error($"cannot run on inputs of shape {Shapes()} ({e.Message.Split('\n', '\r')[0].TrimEnd('.')}); check the data's shape against the model's inputs").Message, e);
        }

        string Shapes() => string.Join(", ", given.Select(value => value.Described()));
    }

    /// <summary>Runs one step, whose turn it is.</summary>
    /// <param name="step">Of a course.</param>
    /// <param name="kept">Slots that are not freed after their last use.</param>
    public void Advance(Step step, IReadOnlySet<int>? kept = null)
    {
        var given = Given(step);
        var made = plan.Shortcuts.TryGetValue(step.Node, out var place) ? [given[place]!.Alias()] : Execute(step.Node, step.Operator, given, mode, (attribute, inputs) => RunInside(step.Node, attribute, inputs));
        Leave(step, made);
        observe?.Invoke(step.Node, [.. given.Select(value => value as Tensor)], [.. made.Select(value => value as Tensor)]);
        for (var i = 0; i < step.Outputs.Length && i < made.Length; i++)
            if (step.Outputs[i] >= 0) values[step.Outputs[i]] = made[i];
            else made[i]?.Dispose();
        for (var i = 0; i < step.Masters?.Length; i++)
            if (step.Masters[i] is not null && !ReferenceEquals(given[i], values[step.Inputs[i]])) given[i]!.Dispose();
        foreach (var slot in step.Dead)
        {
            if (kept?.Contains(slot) is true) continue;
            values[slot]?.Dispose();
            values[slot] = null;
        }
    }

    /// <summary>The outputs of a graph whose steps are all done.</summary>
    public IDisposable[] Outputs(Graph graph) => [.. plan.Of(graph).Outputs.Select((slot, i) => values[slot]
        ?? throw new SecateurException($"output '{graph.Outputs[i].Name}': is no number (complex, or left out); export the model without it"))];

    /// <summary>Another run from here on, which leaves this one as it is. Its handles belong to the caller's dispose scope.</summary>
    public Pass Fork() => new(plan, [.. values.Select(value => value?.Alias())], mode, null);

    /// <summary>What a step would be given now.</summary>
    public IDisposable?[] Given(Step step)
    {
        var given = new IDisposable?[step.Inputs.Length];
        for (var i = 0; i < given.Length; i++)
        {
            if (step.Inputs[i] < 0) continue;
            given[i] = values[step.Inputs[i]]
                ?? throw step.Node.Error($"reads '{step.Node.Inputs[i]}', which is no number (complex, or a text or other value that was left out); cut the node off and export the model again");
            // statistics are moved in place while the model is trained
            if (step.Masters?[i] is { } half && given[i] is Tensor master && (master is Parameter || !mode.Training)) given[i] = master.Rounded(half);
        }
        return given;
    }

    /// <summary>The values that a step has made.</summary>
    public IEnumerable<IDisposable> Made(Step step) => step.Outputs.Where(slot => slot >= 0).Select(slot => values[slot]).OfType<IDisposable>();

    /// <summary>What leaves the graph has the file's type.</summary>
    private void Leave(Step step, IDisposable[] made)
    {
        for (var i = 0; i < step.Leaving?.Length && i < made.Length; i++)
        {
            if (step.Leaving[i] is not { } half || made[i] is not Tensor wide) continue;
            made[i] = wide.Rounded(half);
            wide.Dispose();
        }
    }

    /// <summary>Runs a subgraph on inputs that stay the caller's; all that it makes beside its outputs is gone when it ends.</summary>
    private IDisposable[] RunInside(Node node, string attribute, IReadOnlyList<IDisposable> inputs)
    {
        var graph = node.Subgraph(attribute);
        if (inputs.Count != graph.Inputs.Length)
            throw node.Error($"hands {inputs.Count} values to its {attribute}, which takes {graph.Inputs.Length}; export the model again");
        using var scope = NewDisposeScope();
        foreach (var (slot, input) in plan.Of(graph).Inputs.Zip(inputs)) values[slot] = input;
        // an output may be what came in or was captured: each gets a handle of its own
        return [.. Run(graph).Select(output => output.Alias().MovedOut())];
    }
}
