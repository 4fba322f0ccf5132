using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// A recurrent layer over X [time, batch, in] (<c>layout</c> 1: [batch, time, in]), forward, in reverse or both; W [directions,
/// gates·hidden, in], R [directions, gates·hidden, hidden], B [directions, 2·gates·hidden].
/// </summary>
/// <remarks>
/// Beyond a sequence's length (<c>sequence_lens</c>) the outputs are 0 and the state stays; the last outputs are each state at its
/// sequence's end. A loop over time: gradients flow through all of it.
/// </remarks>
internal abstract class Recurrent : Operator
{
    public override string WhyWhole => "runs step by step along it";

    /// <summary>Blocks of <c>hidden</c> rows in W, R and each half of B.</summary>
    protected abstract int Gates { get; }

    /// <summary>The activations of one direction where the node names none.</summary>
    protected abstract string[] Activations { get; }

    /// <summary>The input that holds the first of the initial states; the others follow it.</summary>
    private const int InitialState = 5;

    /// <summary>Tensors that go from step to step: the hidden state, of some layers a cell state after it.</summary>
    protected virtual int States => 1;

    /// <summary>One step of time.</summary>
    /// <param name="layer">The weights and functions of one direction.</param>
    /// <param name="input">[batch, gates·hidden]: the step's X·Wᵀ with W's half of B.</param>
    /// <param name="state">Each [batch, hidden].</param>
    /// <returns>The next state; its first is the output.</returns>
    protected abstract Tensor[] Step(Layer layer, Tensor input, Tensor[] state);

    /// <summary>What one direction learned and how it bends.</summary>
    /// <param name="R">[gates·hidden, hidden].</param>
    /// <param name="Bias">[gates·hidden], R's half of B, or null.</param>
    /// <param name="Peepholes">[3·hidden], or null.</param>
    /// <param name="Bends">The activations, each after the clip.</param>
    protected sealed record Layer(Node Node, Tensor R, Tensor? Bias, Tensor? Peepholes, Func<Tensor, Tensor>[] Bends);

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var batchFirst = node.Flag("layout");
        var x = batchFirst && inputs[0]!.dim() == 3 ? inputs[0]!.transpose(0, 1) : inputs[0]!; // [time, batch, in]
        var (w, r) = (inputs[1]!, inputs[2]!);
        var reverse = Directions(node);
        var hidden = r.dim() == 3 ? r.shape[2] : 0;
        Check(node, x, w, r, reverse.Length, hidden);
        var (time, batch) = (x.shape[0], x.shape[1]);
        var b = Given(3) is { } bias ? Fitting(node, bias, "B", reverse.Length, 2 * Gates * hidden).chunk(2, 1) : null;
        var peepholes = Given(7) is { } peep ? Fitting(node, peep, "P", reverse.Length, 3 * hidden) : null;
        var lengths = Given(4) is { } lens ? Lengths(node, lens, time, batch) : null;
        var bends = NamedActivation.Of(node, Activations, reverse.Length);
        var initial = Enumerable.Range(InitialState, States).Select(index => Given(index) is { } first
            ? Fitting(node, batchFirst && first.dim() == 3 ? first.transpose(0, 1) : first, "an initial state", reverse.Length, batch, hidden)
            : zeros([reverse.Length, batch, hidden], x.dtype)).ToArray();
        var (sequences, ends) = (new List<Tensor>(), new List<Tensor[]>());
        foreach (var (direction, backwards) in reverse.Index())
        {
            var layer = new Layer(node, r[direction], b?[1][direction], peepholes?[direction], bends[direction]);
            var steps = nn.functional.linear(x, w[direction], b?[0][direction]).unbind(0);
            var (sequence, end) = Walk(layer, steps, [.. initial.Select(state => state[direction])], lengths, backwards);
            sequences.Add(sequence.Length == 0 ? zeros([0, batch, hidden], x.dtype) : stack(sequence, 0));
            ends.Add(end);
        }
        var y = stack(sequences, batchFirst ? 2 : 1);
        return
        [
            batchFirst ? y.transpose(0, 1) : y,
            .. Enumerable.Range(0, States).Select(state => stack(ends.Select(end => end[state]), batchFirst ? 1 : 0)),
        ];

        Tensor? Given(int index) => index < inputs.Length ? inputs[index] : null;
    }

    public sealed override IEnumerable<Learned> Learned(Node node) =>
    [
        new(1, LearnedKind.Weight, OutputAxis: 1, Rank: 3, InputAxis: 2),
        new(2, LearnedKind.Weight, OutputAxis: 1, Rank: 3, InputAxis: 2),
        new(3, LearnedKind.Bias),
        new(7, LearnedKind.Scale),
    ];

    public sealed override long Macs(Node node, Shapes shapes) =>
        shapes[node.Inputs[0]][0] * shapes[node.Inputs[0]][1] * (shapes.Elements(node.Inputs[1]) + shapes.Elements(node.Inputs[2]));

    /// <summary>An input may go, and a hidden unit, which is a row of every gate and direction and a column of what returns.</summary>
    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, w, r, y) = (node.Inputs[0], node.Inputs[1], node.Inputs[2], node.Outputs[0]);
        var batch = node.Flag("layout") ? 0 : 1;
        string[] states = [.. node.Inputs.Skip(InitialState).Take(States).Concat(node.Outputs.Skip(1)).Where(shapes.Has)];
        Axis[] sequences = [new(x, batch), new(y, 2 * batch), .. states.Select(state => new Axis(state, batch))];
        ties.AddAll(sequences.AsSpan());
        if (node.HasInput(4)) ties.Add(new(node.Inputs[4], 0), new(x, batch));
        ties.Block(new[] { w, r, y }.Concat(states).Select(one => new Axis(one, one == y ? 2 - batch : one == w || one == r ? 0 : 1 - batch)), Pin.Number); // directions
        ties.Contract(new(x, 2), new(w, 2));
        var hidden = new Axis(r, 2);
        ties.Sum(hidden);
        foreach (var gates in (Axis[])[new(w, 1), new(r, 1)]) ties.AddProduct(gates, (long)Gates, hidden);
        if (node.HasInput(3)) ties.AddProduct(new(node.Inputs[3], 1), 2L * Gates, hidden);
        if (node.HasInput(7)) ties.AddProduct(new(node.Inputs[7], 1), 3L, hidden);
        foreach (var state in states) ties.Add(new(state, 2), hidden);
        if (shapes.Has(y)) ties.Add(new(y, 3), hidden);
    }

    public override void Mend(Node node, Mending mending)
    {
        if (node.Has("hidden_size")) mending.Want("hidden_size", mending.After(node.Inputs[2])[2]);
    }

    private (Tensor[] Sequence, Tensor[] End) Walk(Layer layer, Tensor[] steps, Tensor[] state, Tensor[]? lengths, bool backwards)
    {
        var sequence = new Tensor[steps.Length];
        for (var turn = 0; turn < steps.Length; turn++)
        {
            var time = backwards ? steps.Length - 1 - turn : turn;
            var next = Step(layer, steps[time], state);
            var inside = lengths?[time]; // [batch, 1]
            sequence[time] = inside is null ? next[0] : where(inside, next[0], zeros_like(next[0]));
            state = inside is null ? next : [.. next.Zip(state, (after, before) => where(inside, after, before))];
        }
        return (sequence, state);
    }

    private static bool[] Directions(Node node) => node.Text("direction", "forward") switch
    {
        "forward" => [false],
        "reverse" => [true],
        "bidirectional" => [false, true],
        var other => throw node.Error($"attribute direction is '{other}'; forward, reverse and bidirectional are known, export the model again"),
    };

    private void Check(Node node, Tensor x, Tensor w, Tensor r, int directions, long hidden)
    {
        if (x.dim() != 3 || w.dim() != 3 || hidden == 0 || node.Int("hidden_size", hidden) != hidden
            || !r.shape.AsSpan().SequenceEqual([directions, Gates * hidden, hidden])
            || !w.shape.AsSpan().SequenceEqual([directions, Gates * hidden, x.shape[2]]))
            throw node.Error($"X [{string.Join(", ", x.shape)}], W [{string.Join(", ", w.shape)}] and R [{string.Join(", ", r.shape)}] do not fit "
                + $"{directions} directions of {Gates} gates; check the data's shape against the model's inputs");
    }

    private static Tensor Fitting(Node node, Tensor tensor, string name, params long[] shape) => tensor.shape.AsSpan().SequenceEqual(shape) ? tensor
        : throw node.Error($"{name} has shape [{string.Join(", ", tensor.shape)}], [{string.Join(", ", shape)}] is needed; export the model again");

    /// <summary>For each step of time, which sequences reach it: [batch, 1].</summary>
    private static Tensor[] Lengths(Node node, Tensor lengths, long time, long batch)
    {
        var values = node.Ints(lengths);
        if (values.Length != batch || Array.Exists(values, length => length < 0 || length > time))
            throw node.Error($"sequence_lens is [{string.Join(", ", values)}] for a batch of {batch} and {time} steps; one length within them a sequence is needed");
        return [.. Enumerable.Range(0, (int)time).Select(step => tensor(values).gt(step).unsqueeze(1))];
    }
}
