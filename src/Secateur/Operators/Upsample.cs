using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Upsample</c> of operator sets 7 to 9: X sampled anew by scales, one an axis; element i of Y lies at i / scale.</summary>
/// <remarks>Scales are an attribute before operator set 9, an input since.</remarks>
internal sealed class Upsample : Resampling
{
    protected override IEnumerable<Target> Targets(Node node, Tensor?[] inputs, long[] shape)
    {
        var scales = inputs is [_, { } given] ? given.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray() : node.Floats("scales");
        return scales?.Length == shape.Length ? Scaled(shape, [.. Enumerable.Range(0, shape.Length)], scales)
            : throw node.Error($"has not one scale for each of {shape.Length} axes; check the data's shape against the model's inputs");
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var scales = node.HasInput(1) ? shapes.Floats(node.Inputs[1]) : node.Floats("scales");
        for (var axis = 0; axis < shapes[x].Length; axis++)
        {
            if (scales?[axis] == 1)
            {
                ties.Add(new(x, axis), new(y, axis));
                continue;
            }
            ties.Block(new Axis(x, axis));
            ties.Block(new Axis(y, axis));
        }
        if (node.HasInput(1)) ties.Block(new Axis(node.Inputs[1], 0));
    }
}
