using System.Collections.Immutable;
using Secateur.Onnx;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>A prunable weight. Criteria and granularities see it as a matrix of outputs by inputs, however the file lays it out.</summary>
public sealed class Weight
{
    private readonly long[] factors;    // the shape, its axes split where a node in between splits them
    private readonly long[] toMatrix;   // factors in the order out, in, kernel
    private readonly long[] fromMatrix;

    internal Weight(Parameter tensor, LearnedUse use, int width)
    {
        (Name, Tensor, Node, Input, Between, Width) = (use.Name, tensor, use.Node, use.Role.Input, use.Between, width);
        var (layout, output) = (use.Layout!, use.Role.OutputAxis);
        var others = layout.Axes.Where((_, axis) => axis != output && axis != use.Role.InputAxis);
        var input = use.Role.InputAxis >= 0 ? layout.Axes[use.Role.InputAxis] : others.FirstOrDefault([]);
        factors = [.. layout.Factors];
        toMatrix = [.. layout.Axes[output].Concat(input).Concat(others.Skip(use.Role.InputAxis >= 0 ? 0 : 1).SelectMany(axis => axis)).Select(factor => (long)factor)];
        fromMatrix = [.. Enumerable.Range(0, factors.Length).Select(factor => (long)Array.IndexOf(toMatrix, factor))];
        Shape = [.. tensor.shape];
        (Outputs, Inputs) = (layout.Size(layout.Axes[output]), layout.Size(input));
        (OutputAxes, InputAxes) = (AxesOf(layout.Axes[output]), AxesOf(input));
        Kernel = Elements / Math.Max(1, Outputs * Inputs);
    }

    public string Name { get; }

    /// <summary>In the file's layout; training and masks change it in place.</summary>
    public Parameter Tensor { get; }

    /// <summary>The first node that uses it, be it laid out anew by nodes in between.</summary>
    public Node Node { get; }

    /// <summary>The place among that node's inputs.</summary>
    public int Input { get; }

    /// <summary>The nodes that lay it out anew for that node, in their order.</summary>
    internal ImmutableArray<Node> Between { get; }

    /// <summary>In the file's layout.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Bytes of an element in the file: 2, 4 or 8.</summary>
    public int Width { get; }

    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The axes of the file's layout that count the outputs, or some factor of them.</summary>
    public ImmutableArray<int> OutputAxes { get; }

    /// <summary>The axes of the file's layout that count the inputs, or some factor of them.</summary>
    public ImmutableArray<int> InputAxes { get; }

    public long Outputs { get; }

    /// <summary>Input channels of one output (of its group, for a grouped convolution).</summary>
    public long Inputs { get; }

    /// <summary>Positions of the kernel: 9 for a 3×3 convolution, 1 for a matrix.</summary>
    public long Kernel { get; }

    /// <summary>[out, in·kernel], detached from autograd; a view where the layout allows.</summary>
    public Tensor Matrix => ToMatrix(Tensor.detach());

    /// <summary>A tensor of the weight's shape, such as its gradient, as [out, in·kernel].</summary>
    public Tensor ToMatrix(Tensor tensor) => tensor.reshape(factors).permute(toMatrix).reshape(Outputs, -1);

    /// <summary>A matrix [out, in·kernel], such as a mask, in the weight's own shape.</summary>
    public Tensor FromMatrix(Tensor matrix) =>
        matrix.reshape([.. toMatrix.Select(factor => factors[factor])]).permute(fromMatrix).reshape([.. Shape]).contiguous();

    private ImmutableArray<int> AxesOf(ImmutableArray<int> parts)
    {
        var axes = new int[factors.Length]; // of each factor: factors other than 1 stand in the order of the axes
        for (int factor = 0, axis = 0, left = 1; factor < factors.Length; factor++)
        {
            while (left == 1 && axis < Shape.Length) left = (int)Shape[axis++];
            axes[factor] = axis - 1;
            left /= (int)Math.Max(1, factors[factor]);
        }
        return [.. parts.Select(part => axes[part]).Distinct()];
    }
}
