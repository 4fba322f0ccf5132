using Secateur.Criteria;
using Secateur.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Reconstruction;

/// <summary>How much of a layer's output each of its weights carries alone.</summary>
internal static class Saliencies
{
    private const double MostWork = 6e10; // of the elimination of a layer, in thirds of a multiply-add; beyond it each weight is taken as if it went alone

    /// <summary>Runs examples through the network and sets the saliencies of all weights that they reach.</summary>
    public static void Collect(Network network, IReadOnlyList<Dictionary<string, Tensor>> batches, Statistics statistics, Action<double> report, CancellationToken cancel)
    {
        var weights = network.Weights.ToLookup(weight => weight.Node);
        var done = 0;
        Lockstep.Run([network], batches, station =>
        {
            foreach (var weight in weights[station.Node])
            {
                report((double)++done / network.Weights.Length);
                statistics.SetSaliency(weight, Of(network, weight, station.Networks[0]));
            }
        }, cancel);
        var reached = network.Steps.Select(step => step.Node).ToHashSet();
        foreach (var weight in network.Weights.Where(weight => !reached.Contains(weight.Node))) statistics.SetSaliency(weight, Alone(weight));
    }

    /// <summary>[out, in·kernel], float32.</summary>
    private static Tensor Of(Network network, Weight weight, Tensor?[][] inputs)
    {
        using var scope = NewDisposeScope();
        if (Refit.Fits(network, weight) is not { } products) return Alone(weight).MoveToOuterDisposeScope();
        var second = Refit.Gather(products, inputs, null).Second(Intercept.Of(network, weight, products) is not null);
        var matrix = products.ToGroups(weight.Matrix).to(ScalarType.Float64); // [groups, rows, columns]
        var energy = (matrix.matmul(second) * matrix).sum() + 1e-30;
        var ridge = second.diagonal(dim1: 1, dim2: 2).mean([1], keepdim: true).unsqueeze(2) * LeastSquares.Damping + 1e-12;
        var inverse = linalg.inv(second + eye(products.Columns, dtype: ScalarType.Float64) * ridge); // [groups, columns, columns]
        var costs = MostWork < (double)products.Groups * products.Rows * Math.Pow(products.Columns, 3)
            ? matrix.square() / inverse.diagonal(dim1: 1, dim2: 2).unsqueeze(1)
            : Eliminated(matrix, inverse);
        return products.FromGroups(costs / energy).to(ScalarType.Float32).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>What each weight costs in the order in which its output loses them, [groups, rows, columns].</summary>
    private static Tensor Eliminated(Tensor matrix, Tensor inverse)
    {
        var (rows, columns) = ((int)matrix.shape[1], (int)matrix.shape[2]);
        var (weights, inverses) = (matrix.contiguous().data<double>().ToArray(), inverse.contiguous().data<double>().ToArray());
        var costs = new float[weights.Length];
        Parallel.For(0, costs.Length / columns, new() { MaxDegreeOfParallelism = get_num_threads() }, () => new double[columns * columns], (row, _, work) =>
        {
            Elimination.Run(weights.AsSpan(row * columns, columns), inverses.AsSpan(row / rows * columns * columns, columns * columns), work, costs.AsSpan(row * columns, columns));
            return work;
        }, _ => { });
        return tensor(costs, matrix.shape, ScalarType.Float32);
    }

    /// <summary>Of layers that are no products of matrices: as if their inputs were all of one size and had nothing in common.</summary>
    private static Tensor Alone(Weight weight) => weight.Matrix.square() / (weight.Matrix.square().sum() + 1e-30);
}
