using System.Globalization;
using System.Text.RegularExpressions;
using Secateur.Execution;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Granularities;

/// <summary>Blocks of R outputs by C columns of the weight's matrix [out, in·kernel]; blocks at the edges may be smaller. A block's score is its mean.</summary>
/// <remarks>Where a block is one column of 2, 4, 8 or 16 outputs, these are any that matter at the same columns, unless adjacent ones are asked for. Narang et al., "Block-Sparse Recurrent Neural Networks", 2017 (arXiv:1711.02782).</remarks>
public sealed partial class Block(int rows, int columns, bool adjacent = false) : Granularity
{
    internal static Granularity? Of(string word)
    {
        if (!word.StartsWith("block", StringComparison.Ordinal)) return null;
        var match = Form().Match(word);
        if (!match.Success || !int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var rows)
            || !int.TryParse(match.Groups[2].Value, CultureInfo.InvariantCulture, out var columns) || rows is < 1 or > 4096 || columns is < 1 or > 4096)
            throw new SecateurException($"granularity '{word}': a block is block-RxC with 1 to 4096 outputs by inputs; write for example block-4x1");
        return new Block(rows, columns, match.Groups[3].Success);
    }

    public override int AlikeOutputs => !adjacent && columns == 1 && rows is (2 or 4 or 8 or 16) ? rows : 1;

    public override Tensor Units(Weight weight, Tensor scores)
    {
        var (down, across) = Count(weight);
        var sums = Padded(scores, down, across).sum([1, 3]);
        var sizes = Padded(ones_like(scores), down, across).sum([1, 3]);
        return (sums / sizes).reshape(-1);
    }

    public override Tensor Spread(Weight weight, Tensor units)
    {
        var (down, across) = Count(weight);
        var whole = units.reshape(down, 1, across, 1).expand(down, rows, across, columns).reshape(down * rows, across * columns);
        return whole.narrow(0, 0, weight.Outputs).narrow(1, 0, weight.Inputs * weight.Kernel).contiguous();
    }

    private Tensor Padded(Tensor scores, long down, long across)
    {
        long[] fill = [0, across * columns - scores.shape[1], 0, down * rows - scores.shape[0]];
        return functional.pad(scores, fill, PaddingModes.Constant, 0).reshape(down, rows, across, columns);
    }

    private (long Down, long Across) Count(Weight weight) =>
        ((weight.Outputs + rows - 1) / rows, (weight.Inputs * weight.Kernel + columns - 1) / columns);

    [GeneratedRegex(@"^block-([0-9]{1,4})x([0-9]{1,4})(-adjacent)?\z")]
    private static partial Regex Form();
}
