using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>A layer as products of matrices: in each of its groups a weight [rows, columns] times what goes in [samples, columns].</summary>
/// <remarks>A matrix product has one group; a grouped convolution has its own, each column a channel at a position of the kernel.</remarks>
internal sealed class Products
{
    private readonly Weight weight;
    private readonly int place; // of the weight among the node's inputs

    private Products(Weight weight, int place, long groups) => (this.weight, this.place, Groups) = (weight, place, groups);

    public long Groups { get; }

    /// <summary>Outputs of a group.</summary>
    public long Rows => IsTransposed ? weight.Outputs : weight.Outputs / Groups;

    /// <summary>Weights of an output.</summary>
    public long Columns => IsTransposed ? weight.Inputs * weight.Kernel / Groups : weight.Inputs * weight.Kernel;

    private Node Node => weight.Node;

    private bool IsTransposed => Node.OpType == "ConvTranspose";

    /// <summary>Null for layers that are no such products.</summary>
    public static Products? Of(Weight weight)
    {
        var place = weight.Input;
        return weight.Node.OpType switch
        {
            "ConvTranspose" when weight.Node.Has("output_shape") || weight.Node.Text("auto_pad", "NOTSET") != "NOTSET" => null,
            "Conv" or "FusedConv" or "ConvTranspose" when place == 1 => new(weight, place, weight.Node.Int("group", 1)),
            "Gemm" or "MatMul" when place is 0 or 1 => new(weight, place, 1),
            _ => null,
        };
    }

    /// <summary>A matrix [out, in·kernel], such as a mask, as [groups, rows, columns].</summary>
    public Tensor ToGroups(Tensor matrix) => IsTransposed ? matrix.reshape(Rows, Groups, Columns).transpose(0, 1) : matrix.reshape(Groups, Rows, Columns);

    /// <summary>The other way: [groups, rows, columns] as [out, in·kernel].</summary>
    public Tensor FromGroups(Tensor groups) => (IsTransposed ? groups.transpose(0, 1) : groups).reshape(weight.Outputs, -1);

    /// <summary>What the weight is multiplied by in one run of the node.</summary>
    /// <param name="inputs">Of the node.</param>
    /// <param name="most">About how many samples to take; they are thinned out evenly.</param>
    /// <param name="draw">Moves where the positions begin, in [0, 1).</param>
    /// <returns>float32 [groups, samples, columns], the same samples for inputs of the same shape.</returns>
    public Tensor Inputs(IReadOnlyList<Tensor?> inputs, long most, double draw)
    {
        var x = inputs[1 - place]!;
        if (Node.OpType is "Gemm" or "MatMul")
        {
            if (Node.OpType == "Gemm" && Node.Flag(place == 1 ? "transA" : "transB") == (place == 1)) x = x.t();
            else if (Node.OpType == "MatMul" && place == 0 && x.dim() > 1) x = x.transpose(-1, -2);
            return Thinned(x.reshape(-1, Columns), most, draw).unsqueeze(0);
        }
        return IsTransposed ? OfTransposed(x, inputs[1]!, most, draw) : OfConvolution(x, inputs[1]!, most, draw);
    }

    private static Tensor Thinned(Tensor rows, long most, double draw)
    {
        var step = (rows.shape[0] + most - 1) / most;
        return step <= 1 ? rows : rows.slice(0, (long)(draw * step), rows.shape[0], step);
    }

    private Tensor OfConvolution(Tensor x, Tensor w, long most, double draw)
    {
        var window = Window.OfConvolution(Node, x.shape, w.shape);
        var padded = nn.functional.pad(x, window.TorchPadding, PaddingModes.Constant, 0);
        return Patches(padded, window, most, draw);
    }

    /// <summary>A transposed convolution is one over its input with zeros put between, by the kernel turned round.</summary>
    private Tensor OfTransposed(Tensor x, Tensor w, long most, double draw)
    {
        var window = Window.OfConvolution(Node, x.shape, w.shape);
        var more = Node.Ints("output_padding") ?? new long[window.Rank];
        var spread = zeros([.. x.shape[..2], .. Enumerable.Range(0, window.Rank).Select(d => (x.shape[d + 2] - 1) * window.Strides[d] + 1)]);
        spread[[TensorIndex.Ellipsis, .. window.Strides.Select(stride => TensorIndex.Slice(null, null, stride))]] = x;
        var pads = Enumerable.Range(0, window.Rank).Reverse().SelectMany(d => new[] { window.Span(d) - 1 - window.Begin[d], window.Span(d) - 1 - window.End[d] + more[d] });
        var padded = nn.functional.pad(spread, [.. pads], PaddingModes.Constant, 0);
        var patches = Patches(padded, window.Unpadded with { Strides = [.. window.Strides.Select(_ => 1L)] }, most, draw, window.Strides);
        var turned = patches.reshape([.. patches.shape[..2], Columns / weight.Kernel, .. window.Kernel]);
        return turned.flip([.. Enumerable.Range(0, window.Rank).Select(d => d + 3L)]).reshape(patches.shape);
    }

    /// <summary>What the kernel sees at positions spread evenly over the output.</summary>
    /// <param name="padded">[N, channels, spatial…].</param>
    /// <param name="window">Over it.</param>
    /// <param name="most">Positions in all.</param>
    /// <param name="draw">In [0, 1).</param>
    /// <param name="phases">Steps that are no multiple of these meet all phases alike.</param>
    private Tensor Patches(Tensor padded, Window window, long most, double draw, long[]? phases = null)
    {
        var (rank, x) = (window.Rank, padded.contiguous());
        var counts = Enumerable.Range(0, rank).Select(d => (x.shape[d + 2] - window.Span(d)) / window.Strides[d] + 1).ToArray();
        var thin = (long)Math.Ceiling(Math.Pow(Math.Max(1, x.shape[0] * counts.Aggregate(1.0, (product, count) => product * count) / most), 1.0 / Math.Max(1, counts.Count(count => count > 1))));
        var (offset, taken, steps) = (0L, new long[rank], new long[rank]);
        var strides = x.stride();
        for (var d = 0; d < rank; d++)
        {
            steps[d] = Math.Min(thin, counts[d]);
            if (phases is not null && phases[d] > 1 && steps[d] > 1 && steps[d] % phases[d] == 0) steps[d]++;
            var begin = Math.Min((long)(draw * steps[d]), counts[d] - 1);
            taken[d] = (counts[d] - 1 - begin) / steps[d] + 1;
            offset += begin * window.Strides[d] * strides[d + 2];
        }
        var dimensions = Enumerable.Range(0, rank);
        long[] shape = [x.shape[0], .. taken, x.shape[1], .. window.Kernel];
        long[] over = [strides[0], .. dimensions.Select(d => strides[d + 2] * window.Strides[d] * steps[d]), strides[1], .. dimensions.Select(d => strides[d + 2] * window.Dilations[d])];
        var patches = x.as_strided(shape, over, offset); // [N, positions…, channels, kernel…]
        return patches.reshape(x.shape[0] * taken.Aggregate(1L, (product, size) => product * size), Groups, Columns).transpose(0, 1);
    }
}
