using System.Collections.Frozen;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>The versions of ONNX's own operators that are known: operator sets 7 to 24, and of older ones those that mean the same.</summary>
internal static class OperatorSets
{
    private const long First = 7, Last = 24;

    /// <summary>What computed otherwise before operator set 7: broadcast by an attribute, took shapes as attributes, or had other outputs.</summary>
    private static readonly FrozenSet<string> Changed = FrozenSet.Create(
        "Add", "And", "BatchNormalization", "Cast", "Concat", "Div", "Dropout", "Equal", "GRU", "Gemm", "Greater", "LSTM", "Less", "Mul", "Or", "PRelu", "Pad",
        "Pow", "RNN", "Reshape", "Split", "Sub", "Tile", "Upsample", "Xor");

    /// <exception cref="SecateurException">The node is of another version; the message names it.</exception>
    public static void Check(NodeProto node, string name, long opset, string path)
    {
        if (OnnxModel.Domain(node.Domain).Length > 0 || opset is >= First and <= Last) return;
        if (opset > Last || Changed.Contains(node.OpType))
            throw new SecateurException($"{path}: node '{name}' ({node.OpType}) is of operator set {opset}, of which {First} to {Last} are known; "
                + $"export the model with opset {(opset > Last ? Last : 17)}, or convert it with onnx.version_converter");
    }
}
