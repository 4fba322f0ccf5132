using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Between numbers and integers of a few bits, element by element, with a scale and a zero point.</summary>
internal abstract class LinearQuantization : Operator
{
    public override string WhyWhole => "quantizes in blocks along it";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, zero) = (inputs[0]!, inputs.Length > 2 ? inputs[2] : null);
        var (axis, block) = (node.Int("axis", 1), node.Int("block_size"));
        return [Apply(node, x, Quantizer.Spread(node, inputs[1]!, x.shape, axis, block), zero is null ? null : Quantizer.Spread(node, zero, x.shape, axis, block))];
    }

    /// <param name="node">The node.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="scale">Broadcast to x.</param>
    /// <param name="zero">Broadcast to x; null: 0.</param>
    protected abstract Tensor Apply(Node node, Tensor x, Tensor scale, Tensor? zero);

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.AddAll(x, y);
        foreach (var parameter in node.Inputs.Skip(1).Where(shapes.Has))
        {
            var axis = shapes[x].Length > 0 ? node.Axis("axis", Math.Min(1, shapes[x].Length - 1), shapes[x].Length) : 0;
            if (shapes[parameter] is [> 1]) ties.Add(new(parameter, 0), new(x, axis));
            else if (shapes[parameter].Length > 1)
            {
                for (var other = 0; other < shapes[x].Length; other++)
                    if (other != axis) ties.Add(new(parameter, other), new(x, other));
                ties.Block(new Axis(parameter, axis));
                ties.Block(new Axis(x, axis)); // blocks must stay whole
            }
        }
    }
}
