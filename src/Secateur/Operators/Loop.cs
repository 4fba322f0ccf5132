using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Loop</c>: runs <c>body</c> on (trip, condition, state…) while the condition holds and the trips last; gives the last state, and
/// what else each trip makes, stacked on a new first axis. A state may be a sequence.
/// </summary>
internal sealed class Loop : ControlFlow
{
    private const long MostTrips = 1 << 14; // a body may leave its condition as it came, and the file its trips open

    public override IDisposable[] Run(Node node, IDisposable?[] inputs, Subgraph run)
    {
        var body = node.Subgraph("body");
        var trips = inputs is [not null, ..] ? Single(node, node.Tensor(inputs, 0)) : long.MaxValue;
        var condition = inputs is not [_, { } first, ..] || Holds(node, first);
        IDisposable[] given = [.. inputs.Skip(2).Select(state => state!)];
        if (body.Inputs.Length != given.Length + 2)
            throw node.Error($"its body takes {body.Inputs.Length} values; trip, condition and {given.Length} states are handed to it, export the model again");
        var state = given;
        var stacked = new List<Tensor>[Math.Max(0, node.Outputs.Length - state.Length)];
        for (var i = 0; i < stacked.Length; i++) stacked[i] = [];
        for (var trip = 0L; trip < trips && condition; trip++)
        {
            if (trip == MostTrips) throw node.Error($"has not ended after {MostTrips:N0} trips; check its condition");
            using var scope = NewDisposeScope();
            var made = Run(node, run, "body", [Shaped(tensor(trip), body.Inputs[0]), Shaped(tensor(condition), body.Inputs[1]), .. state], 1 + state.Length + stacked.Length);
            condition = Holds(node, made[0]);
            if (!ReferenceEquals(state, given)) foreach (var old in state) old.Dispose();
            state = [.. made[1..(1 + given.Length)].Select(value => value.MovedOut())];
            for (var i = 0; i < stacked.Length; i++) stacked[i].Add((Tensor)node.Tensor(made, 1 + given.Length + i).MovedOut());
        }
        return [.. state, .. stacked.Select((parts, i) => Stack(parts, body.Outputs, 1 + given.Length + i))];
    }

    private static long Single(Node node, Tensor trips) => node.Ints(trips) is [var most] ? most
        : throw node.Error($"its number of trips has shape [{string.Join(", ", trips.shape)}], one number is needed; export the model again");

    /// <summary>Some files declare trip and condition as vectors of one element.</summary>
    private static Tensor Shaped(Tensor scalar, Value declared) => declared.Shape.Length == 1 ? scalar.reshape(1) : scalar;

    private static Tensor Stack(List<Tensor> parts, IReadOnlyList<Value> outputs, int place)
    {
        if (parts.Count == 0) return Nothing(outputs[place], 0);
        var whole = stack([.. parts], 0);
        foreach (var part in parts) part.Dispose();
        return whole;
    }
}
