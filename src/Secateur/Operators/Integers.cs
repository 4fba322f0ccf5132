using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// What steers an operator and is read as plain integers: shapes, axes, counts; attributes in old operator sets, inputs in newer
/// ones.
/// </summary>
internal static class Integers
{
    /// <summary>The elements of an integer input, in row-major order.</summary>
    /// <exception cref="SecateurException">The input holds no integers.</exception>
    public static long[] Ints(this Node node, Tensor input) =>
        input.is_integral() ? input.detach().to(ScalarType.Int64).data<long>().ToArray()
        : throw node.Error($"a shape or axis is of type {input.dtype}, integers are needed; export the model again");

    /// <summary>From the input, or where it is left out from the attribute; null where that is left out too.</summary>
    public static long[]? Ints(this Node node, string attribute, Tensor?[] inputs, int index) =>
        index < inputs.Length && inputs[index] is { } input ? node.Ints(input) : node.Ints(attribute);

    /// <summary>
    /// As far as the file says it: from the constant at the input, or where that is left out from the attribute; null where it is
    /// computed or left out.
    /// </summary>
    public static long[]? Ints(this Node node, string attribute, Shapes shapes, int index) =>
        node.HasInput(index) ? shapes.Integers(node.Inputs[index]) : node.Ints(attribute);

    /// <summary>A shape that numbers in a file or in data ask for, where making it is not out of all proportion to what is there.</summary>
    /// <param name="node">Named in errors.</param>
    /// <param name="shape">Of what is to be made.</param>
    /// <param name="given">Elements of what it is made from.</param>
    /// <exception cref="SecateurException">A size is below 0, or there are over 2²⁶ elements and 256 times those given.</exception>
    public static long[] Affordable(this Node node, long[] shape, long given = 0) =>
        Array.TrueForAll(shape, size => size >= 0) && shape.Aggregate(1.0, (product, size) => product * size) <= Math.Max(1 << 26, 256.0 * given) ? shape
        : throw node.Error($"asks for a tensor of shape [{string.Join(", ", shape)}]; check the data against the model's inputs, or export the model again");

    /// <summary>An axis attribute, counted from the front.</summary>
    public static int Axis(this Node node, string attribute, long otherwise, long rank) => node.Axis(node.Int(attribute, otherwise), rank);

    /// <summary>An axis counted from the front; a negative one counts from the back.</summary>
    /// <exception cref="SecateurException">There is no such axis.</exception>
    public static int Axis(this Node node, long axis, long rank) =>
        axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis)
        : throw node.Error($"axis {axis} is not among the {rank} axes of its input; check the data's shape against the model's inputs");
}
