using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Scan</c>: runs <c>body</c> on (state…, slice…) for each slice of the scanned inputs along their axes, forward or backward; gives
/// the last state, and what else each step makes, stacked along axes. Operator set 8 scans each example of a batch on its own:
/// [batch, step, …], of the lengths that it is told.
/// </summary>
internal sealed class Scan : ControlFlow
{
    public override IDisposable[] Run(Node node, IDisposable?[] inputs, Subgraph run) => node.Opset < 9
        ? EachExample(node, [.. node.Tensors(inputs).Skip(1).Select(input => input!)], node.Tensors(inputs)[0], run)
        : One(node, [.. node.Tensors(inputs).Select(input => input!)], node.Ints("scan_input_axes"), node.Ints("scan_input_directions"),
            node.Ints("scan_output_axes"), node.Ints("scan_output_directions"), run);

    private static Tensor[] One(Node node, Tensor[] inputs, long[]? axes, long[]? directions, long[]? outputAxes, long[]? outputDirections, Subgraph run)
    {
        var scanned = (int)Math.Clamp(node.Int("num_scan_inputs"), 0, int.MaxValue);
        var (states, stacks) = (inputs.Length - scanned, node.Outputs.Length - (inputs.Length - scanned));
        if (scanned < 1 || states < 0 || stacks < 0) throw node.Error($"scans {scanned} of {inputs.Length} inputs and has {node.Outputs.Length} outputs; export the model again");
        if (axes is not null && axes.Length != scanned || directions is not null && directions.Length != scanned
            || outputAxes is not null && outputAxes.Length != stacks || outputDirections is not null && outputDirections.Length != stacks)
            throw node.Error($"its axes or directions do not match its {scanned} scanned inputs and {stacks} scanned outputs; export the model again");
        var given = inputs[..states];
        var sequences = inputs[states..].Select((input, i) => (Input: input, Axis: node.Axis(axes?[i] ?? 0, input.dim()))).ToArray();
        if (sequences.Select(one => one.Input.shape[one.Axis]).Distinct().Skip(1).Any())
            throw node.Error($"its scanned inputs have {string.Join(" and ", sequences.Select(one => one.Input.shape[one.Axis]))} steps; check the data's shape");
        var (steps, state) = (sequences[0].Input.shape[sequences[0].Axis], given);
        var parts = new List<Tensor>[stacks];
        for (var i = 0; i < stacks; i++) parts[i] = [];
        for (var step = 0L; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var slices = sequences.Select((one, i) => one.Input.select(one.Axis, directions?[i] == 1 ? steps - 1 - step : step));
            var made = node.Tensors(Run(node, run, "body", [.. state, .. slices], states + stacks));
            if (!ReferenceEquals(state, given)) foreach (var old in state) old.Dispose();
            state = [.. made[..states].Select(value => value!.MoveToOuterDisposeScope())];
            for (var i = 0; i < stacks; i++) parts[i].Add(made[states + i]!.MoveToOuterDisposeScope());
        }
        return [.. state, .. parts.Select((part, i) => Stack(node, part, outputAxes?[i] ?? 0, outputDirections?[i] == 1, states + i))];
    }

    private static Tensor Stack(Node node, List<Tensor> parts, long axis, bool backward, int place)
    {
        if (parts.Count == 0 && node.Subgraph("body").Outputs[place] is var output) return Nothing(output, node.Axis(axis, output.Shape.Length + 1));
        if (backward) parts.Reverse();
        var whole = stack([.. parts], node.Axis(axis, parts[0].dim() + 1));
        foreach (var part in parts) part.Dispose();
        return whole;
    }

    /// <summary>States [batch, …], scanned inputs and outputs [batch, step, …]; after an example's own length outputs are 0.</summary>
    private static Tensor[] EachExample(Node node, Tensor[] inputs, Tensor? lengths, Subgraph run)
    {
        var states = inputs.Length - (int)Math.Clamp(node.Int("num_scan_inputs"), 0, inputs.Length);
        if (states == inputs.Length || inputs.Any(input => input.dim() < 1) || inputs[states..].Any(input => input.dim() < 2)
            || inputs.Select(input => input.shape[0]).Distinct().Skip(1).Any())
            throw node.Error("its states are not [batch, ...] and its scanned inputs not [batch, step, ...] of one batch; check the data's shape");
        var (batch, steps) = (inputs[0].shape[0], inputs[states].shape[1]);
        var lasts = lengths is null ? null : node.Ints(lengths);
        if (batch == 0 || lasts is not null && (lasts.Length != batch || lasts.Any(length => length < 0 || length > steps)))
            throw node.Error($"its sequence lengths do not fit a batch of {batch} of {steps} steps; check the data");
        List<Tensor[]> examples = [];
        for (var example = 0L; example < batch; example++)
        {
            var length = lasts?[example] ?? steps;
            Tensor[] own = [.. inputs.Select((input, i) => i < states ? input[example] : input[example].narrow(0, 0, length))];
            var made = One(node, own, null, node.Ints("directions"), null, null, run);
            examples.Add([.. made.Select((value, i) => i < states || length == steps ? value : Padded(value, steps))]);
        }
        return [.. node.Outputs.Select((_, i) => stack([.. examples.Select(made => made[i])], 0))];
    }

    private static Tensor Padded(Tensor value, long steps) =>
        cat([value, zeros([steps - value.shape[0], .. value.shape[1..]], value.dtype)], 0);
}
