using System.Collections.Immutable;
using System.IO.Enumeration;
using Secateur.Structure;

namespace Secateur.Pruning;

/// <summary>Which branches a recipe lets go, and what that means for every tensor.</summary>
internal static class LayerChoices
{
    /// <summary>The branches that may go.</summary>
    /// <exception cref="SecateurException">There is none; the message says what holds them.</exception>
    public static ImmutableArray<Branch> Free(Branches branches, Recipe recipe)
    {
        ImmutableArray<Branch> free = [.. branches.All.Where(branch => branch.Held is null && Kept(branch, recipe) is null)];
        if (free.Length > 0) return free;
        var held = branches.All.Select(branch => branch.Held).FirstOrDefault(why => why is not null);
        throw new SecateurException($"{branches.Network.Model.Path}: has no layer that may go{(held is null ? "" : $" ({held})")}; see inspect, or take another --granularity");
    }

    /// <summary>For every constant that a node reads, in the graph's order.</summary>
    public static ImmutableArray<Choice> Of(Branches branches, ImmutableArray<Branch> free, Recipe recipe)
    {
        var network = branches.Network;
        var weights = network.Weights.ToDictionary(weight => weight.Name);
        var owners = branches.All.SelectMany(branch => branches.IdleConstants(branches.Idle([branch])).Select(name => (name, branch))).ToLookup(pair => pair.name, pair => pair.branch);
        return
        [
            .. network.Constants.Keys.Where(network.Graph.Consumers.ContainsKey)
                .OrderBy(name => network.Graph.AllNodes.IndexOf(network.Graph.Consumers[name][0]))
                .Select(name => new Choice(name, network.Graph.Consumers[name][0].Name, weights.GetValueOrDefault(name), network.Parameters.ContainsKey(name) && owners[name].Any(free.Contains), Why([.. owners[name]]))),
        ];

        string Why(Branch[] own) => own.FirstOrDefault(free.Contains) is { } goes ? $"goes with the layer {goes.Name}"
            : own.Select(branch => branch.Held ?? Kept(branch, recipe)).FirstOrDefault(why => why is not null) ?? "is in no layer that could be left out";
    }

    private static string? Kept(Branch branch, Recipe recipe) => recipe.Keep
        .Where(pattern => branch.Weights.Concat(branch.Nodes.Select(node => node.Name)).Append(branch.Name).Concat(branch.Path.Select(step => step.Node.Name)).Any(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)))
        .Select(pattern => $"left alone by keep: {pattern}").FirstOrDefault();
}
