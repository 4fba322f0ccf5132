using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Gather</c>: slices of data along <c>axis</c>, by indices of any shape; a negative index counts from the back.</summary>
/// <remarks>Constant data is an embedding: a row for each token.</remarks>
internal sealed class Gather : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (data, indices) = (inputs[0]!, inputs[1]!);
        var axis = node.Axis("axis", 0, data.dim());
        var shape = data.shape;
        var places = node.Places(indices.reshape(-1), shape[axis]);
        return [data.index_select(axis, places).reshape([.. shape[..axis], .. indices.shape, .. shape[(axis + 1)..]])];
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(0, LearnedKind.Embedding)];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (data, indices, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var (rank, more) = (shapes[data].Length, shapes[indices].Length);
        var gathered = node.Axis("axis", 0, rank);
        for (var axis = 0; axis < rank; axis++)
        {
            if (axis == gathered) ties.Block(new Axis(data, axis));
            else ties.Add(new(data, axis), new(y, axis < gathered ? axis : axis + more - 1));
        }
        for (var axis = 0; axis < more; axis++) ties.Add(new(indices, axis), new(y, gathered + axis));
    }
}
