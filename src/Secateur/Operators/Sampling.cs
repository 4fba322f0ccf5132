using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>An operator that draws numbers: by <c>seed</c>, the same at every run, or where that is left out from LibTorch's global generator.</summary>
internal abstract class Sampling : Operator
{
    public override string WhyWhole => "draws random numbers for all of it";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        if (!node.Has("seed")) return [Sample(node, inputs, Generator.Default)];
        using var generator = new Generator((ulong)BitConverter.SingleToInt32Bits(node.Float("seed")));
        return [Sample(node, inputs, generator)];
    }

    internal sealed override bool Repeats => false;

    protected abstract Tensor Sample(Node node, Tensor?[] inputs, Generator generator);

    /// <summary>The type that <c>dtype</c> names.</summary>
    protected static ScalarType Type(Node node, ScalarType otherwise) => node.Has("dtype") ? TorchTensors.TypeOf((DataType)node.Int("dtype")) : otherwise;

    /// <summary>Room of the shape that the first input has, or without one of the attribute <c>shape</c>.</summary>
    protected static Tensor Room(Node node, Tensor?[] inputs)
    {
        if (inputs is [{ } like]) return empty(like.shape, Type(node, like.is_floating_point() ? like.dtype : ScalarType.Float32));
        var shape = node.Ints("shape") ?? throw node.Error("its shape is missing; export the model again");
        return empty(node.Affordable(shape), Type(node, ScalarType.Float32));
    }
}
