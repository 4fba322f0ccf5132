using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>MelWeightMatrix</c>: triangles that gather the frequencies of a transform into bands equally wide on the mel scale; [frequencies, bands].</summary>
internal sealed class MelWeightMatrix : Operator
{
    public override string WhyWhole => "makes it of frequencies";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var numbers = inputs.Take(5).Select(input => input!.to(ScalarType.Float64).item<double>()).ToArray();
        var (bands, length, rate) = ((long)numbers[0], (long)numbers[1], (long)numbers[2]);
        var (low, high) = (Mel(numbers[3]), Mel(numbers[4]));
        if (bands < 0 || length < 1 || rate < 1 || !(high >= low))
            throw node.Error($"cannot divide {numbers[3]} to {numbers[4]} Hz of {length} points at {rate} Hz into {bands} bands; export the model again");
        node.Affordable([length, bands]);
        var edges = Enumerable.Range(0, (int)bands + 2).Select(edge => (long)((length + 1) * Hertz(low + edge * (high - low) / (bands + 2)) / rate)).ToArray();
        var frequencies = length / 2 + 1;
        if (edges[0] < 0 || edges[^1] > frequencies) throw node.Error($"its upper edge of {numbers[4]} Hz is over half of {rate} Hz; export the model again");
        var weights = new float[frequencies * bands];
        for (var band = 0; band < bands; band++)
        {
            var (from, middle, to) = (edges[band], edges[band + 1], edges[band + 2]);
            for (var place = from; place <= middle; place++) Set(place, band, middle == from ? 1 : (float)(place - from) / (middle - from));
            for (var place = middle; place < to; place++) Set(place, band, (float)(to - place) / (to - middle));
        }
        return [tensor(weights).reshape(frequencies, bands).to(TorchTensors.TypeOf((DataType)node.Int("output_datatype", (long)DataType.Float)))];

        void Set(long place, int band, float weight)
        {
            if (place < frequencies) weights[place * bands + band] = weight;
        }

        static double Mel(double hertz) => 2595 * Math.Log10(1 + hertz / 700);

        static double Hertz(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);
    }
}
