using Secateur.Onnx.Proto;

namespace Secateur.Tests.Operators;

internal static class RecurrentCases
{
    private static readonly string[] Bounded = ["Sigmoid", "Tanh", "HardSigmoid", "ScaledTanh", "Softsign"];
    private static readonly string[] Unbounded = ["Relu", "LeakyRelu", "ThresholdedRelu", "Elu", "Affine"];

    public static OperatorCase[] All { get; } =
    [
        new("LSTM", [7, 14, 22], draw => Layer(draw, gates: 4, functions: 3, states: 2, [("input_forget", draw.Flag())])),
        new("GRU", [7, 14, 22], draw => Layer(draw, gates: 3, functions: 2, states: 1, [("linear_before_reset", draw.Flag())])),
        new("RNN", [7, 14, 22], draw => Layer(draw, gates: 1, functions: 1, states: 1, [])),
    ];

    private static Drawn Layer(Draw draw, int gates, int functions, int states, (string, object)[] more)
    {
        var (time, batch, input, hidden) = (draw.Int(1, 5), draw.Int(1, 4), draw.Int(1, 5), draw.Int(1, 4));
        var direction = draw.Pick("forward", "reverse", "bidirectional");
        var directions = direction == "bidirectional" ? 2L : 1;
        var peepholes = states == 2 && draw.Flag();
        TensorProto? Maybe(TensorProto operand) => draw.Flag() ? operand : null;
        var initial = Enumerable.Range(0, states).Select(_ => Maybe(draw.Floats([directions, batch, hidden])));
        TensorProto?[] operands =
        [
            draw.Floats([time, batch, input]), draw.Floats([directions, gates * hidden, input]), draw.Floats([directions, gates * hidden, hidden]),
            Maybe(draw.Floats([directions, 2 * gates * hidden])), Maybe(draw.Int32([batch], 1, (int)time)), .. initial,
            .. peepholes ? [draw.Floats([directions, 3 * hidden])] : (TensorProto[])[],
        ];
        (string, object)[] bent = draw.Flag() ? [] :
        [
            ("activations", Enumerable.Range(0, (int)directions * functions).Select(_ => draw.Pick(functions == 1 ? [.. Bounded, .. Unbounded] : Bounded)).ToArray()),
            ("activation_alpha", new[] { 0.3f, 0.4f, 0.5f, 0.2f, 0.6f, 0.7f }), ("activation_beta", new[] { 0.6f, 0.4f, 0.5f, 0.3f, 0.7f, 0.2f }),
        ];
        (string, object)[] clipped = draw.Flag() ? [("clip", 0.9f)] : [];
        return new(operands, [("direction", direction), ("hidden_size", hidden), .. more, .. bent, .. clipped], Outputs: 1 + states);
    }
}
