using System.Collections.Immutable;
using Secateur.Onnx;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>A prunable weight. Criteria and granularities see it as a matrix of outputs by inputs, however the file lays it out.</summary>
public sealed class Weight
{
    private readonly long[] toMatrix;   // axes in the order out, in, kernel
    private readonly long[] fromMatrix;

    internal Weight(string name, Parameter tensor, Node node, int outputAxis, int inputAxis = -1)
    {
        (Name, Tensor, Node, OutputAxis) = (name, tensor, node, outputAxis);
        var axes = Enumerable.Range(0, (int)tensor.dim()).Select(axis => (long)axis);
        toMatrix = [outputAxis, .. axes.Where(axis => axis != outputAxis).OrderBy(axis => axis != inputAxis)];
        fromMatrix = [.. axes.Select(axis => (long)Array.IndexOf(toMatrix, axis))];
        Shape = [.. tensor.shape];
        Outputs = Shape[outputAxis];
        InputAxis = Shape.Length > 1 ? (int)toMatrix[1] : -1;
        Inputs = Shape.Length > 1 ? Shape[InputAxis] : 1;
        Kernel = Elements / Math.Max(1, Outputs * Inputs);
    }

    public string Name { get; }

    /// <summary>In the file's layout; training and masks change it in place.</summary>
    public Parameter Tensor { get; }

    /// <summary>The first node that uses it.</summary>
    public Node Node { get; }

    /// <summary>In the file's layout.</summary>
    public ImmutableArray<long> Shape { get; }

    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The axis that counts the outputs.</summary>
    public int OutputAxis { get; }

    /// <summary>The axis that counts the inputs; -1 where there is none.</summary>
    public int InputAxis { get; }

    public long Outputs { get; }

    /// <summary>Input channels of one output (of its group, for a grouped convolution).</summary>
    public long Inputs { get; }

    /// <summary>Positions of the kernel: 9 for a 3×3 convolution, 1 for a matrix.</summary>
    public long Kernel { get; }

    /// <summary>[out, in·kernel], detached from autograd; a view where the layout allows.</summary>
    public Tensor Matrix => ToMatrix(Tensor.detach());

    /// <summary>A tensor of the weight's shape, such as its gradient, as [out, in·kernel].</summary>
    public Tensor ToMatrix(Tensor tensor) => tensor.permute(toMatrix).reshape(Outputs, -1);

    /// <summary>A matrix [out, in·kernel], such as a mask, in the weight's own shape.</summary>
    public Tensor FromMatrix(Tensor matrix) =>
        matrix.reshape([.. toMatrix.Select(axis => Shape[(int)axis])]).permute(fromMatrix).contiguous();
}
