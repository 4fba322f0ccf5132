using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Structure.Embedding;

/// <summary>Second moments of what streams hold, [width, width] in float64, each position scaled to length 1 as a normalization would.</summary>
internal sealed class StreamMoments : IDisposable
{
    private readonly Dictionary<Space, Tensor> sums = [];
    private readonly ILookup<string, Space> spaces;

    public StreamMoments(IEnumerable<ResidualStream> streams) => spaces = streams.SelectMany(stream => stream.Spaces).ToLookup(space => space.Value);

    /// <summary>Null for a space that nothing was seen of.</summary>
    public Tensor? this[Space space] => sums.GetValueOrDefault(space);

    /// <summary>Looks at a value that enters the graph.</summary>
    public void Add(string name, Tensor value)
    {
        foreach (var space in spaces[name]) Add(space, value);
    }

    /// <summary>Looks at what a node made.</summary>
    public void Add(Node node, IReadOnlyList<Tensor?> outputs)
    {
        foreach (var (name, value) in node.Outputs.Zip(outputs))
            if (value is not null) Add(name, value);
    }

    public void Dispose()
    {
        foreach (var sum in sums.Values) sum.Dispose();
    }

    private void Add(Space space, Tensor value)
    {
        using var scope = NewDisposeScope();
        var rows = value.movedim([(long)space.Axis], [-1L]).reshape(-1, value.shape[space.Axis]).to(ScalarType.Float64); // [positions, width]
        if (space.Centred) rows = rows - rows.mean([1L], keepdim: true);
        rows = rows / rows.square().sum(1, keepdim: true).sqrt().clamp_min(1e-12);
        var sum = mm(rows.t(), rows);
        if (sums.TryGetValue(space, out var before)) before.add_(sum);
        else sums[space] = sum.DetachFromDisposeScope();
    }
}
