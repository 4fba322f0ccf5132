namespace Secateur.Sparse.Provider;

/// <summary>Looks through a graph for what is worth being sparse.</summary>
/// <param name="costs">Null where all that can be taken was found worth it before.</param>
/// <param name="log">Null where nothing is told.</param>
internal sealed class Claims(CostModel? costs, ClaimLog? log = null)
{
    private readonly HashSet<GraphNode> _taken = [];

    /// <summary>In the order of their first nodes.</summary>
    public List<Claim> In(GraphView graph)
    {
        var claims = new List<Claim>();
        foreach (var node in graph.Nodes)
        {
            if (_taken.Contains(node) || Take(node) is not { } layer) continue;
            var layers = new List<Layer> { layer };
            while (layers[^1] is MatrixLayer { Residual: null, Integers: null } last && last.Output.OnlyUser is { } next && !_taken.Contains(next)
                && Layer.Of(next, out _) is MatrixLayer { Integers: null } found && found.Input == last.Output && costs?.Objection(found) is null)
            {
                layers.Add(Take(found));
            }
            log?.Claimed(layers);
            claims.Add(new(layers));
        }
        return claims;
    }

    private Layer? Take(GraphNode node)
    {
        if (Layer.Of(node, out var objection) is { } layer && (objection = costs?.Objection(layer)) is null) return Take(layer);
        if (objection is not null) log?.Left(node, objection);
        return null;
    }

    private Layer Take(Layer layer)
    {
        layer.TakeUp(node => !_taken.Contains(node));
        _taken.UnionWith(layer.Nodes);
        return layer;
    }
}
