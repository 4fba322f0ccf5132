using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;

namespace Secateur.Tests.Operators;

/// <summary>A node's operands (null for one left out) and attributes.</summary>
internal sealed record Drawn(TensorProto?[] Operands, (string Name, object Value)[] Attributes, int Outputs = 1)
{
    public Drawn(params TensorProto?[] operands) : this(operands, []) { }
}

/// <summary>One way to use an operator, over operator sets and drawn operands.</summary>
internal sealed record OperatorCase(string Type, long[] Opsets, Func<Draw, Drawn> Of)
{
    /// <summary>Whether its outputs are drawn, so that two runs share only their types and shapes.</summary>
    public bool IsRandom { get; init; }

    /// <summary>All of them, by family.</summary>
    public static OperatorCase[] All { get; } =
    [
        .. ElementwiseCases.All, .. NeuralCases.All, .. ShapeCases.All, .. ReductionCases.All, .. IndexCases.All, .. SamplingCases.All,
        .. RecurrentCases.All, .. AttentionCases.All, .. FusedCases.All, .. QuantizedCases.All, .. SignalCases.All,
    ];

    /// <param name="seed">Draws the same again.</param>
    /// <param name="constants">Whether operands after the first are constants of the file; all are inputs otherwise.</param>
    public (OnnxModel Model, TensorProto[] Inputs) Build(int seed, bool constants)
    {
        var random = new Random(seed);
        var opset = Opsets[random.Next(Opsets.Length)];
        var drawn = Of(new Draw(random, opset));
        foreach (var (index, operand) in drawn.Operands.Index()) operand?.Name = $"in{index}";
        string[] outputs = [.. Enumerable.Range(0, drawn.Outputs).Select(index => $"out{index}")];
        var node = SmallGraphs.Node(Type, drawn.Operands.Select(operand => operand?.Name ?? ""), outputs, drawn.Attributes);
        var given = drawn.Operands.OfType<TensorProto>().ToLookup(operand => constants && operand.Name != "in0");
        return (SmallGraphs.Of(opset, [node], given[false], given[true], outputs), [.. given[false]]);
    }

    public override string ToString() => Type;
}
