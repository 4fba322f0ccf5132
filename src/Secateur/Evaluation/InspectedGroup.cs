using System.Collections.Immutable;
using Secateur.Structure;

namespace Secateur.Evaluation;

/// <summary>Slices that can only go together: units of a weight, with all that is tied to them.</summary>
/// <param name="Name">The first weight that has the units as outputs.</param>
/// <param name="Kind"><c>channel</c>, <c>head</c>, <c>head-size</c>, or <c>layer</c>: a residual branch or a layer that keeps its shape, which goes whole.</param>
/// <param name="Size">Units: indices that could be removed one by one.</param>
/// <param name="Members">Axes of constants, such as <c>fc1.weight[0]</c>; of a layer the weights that go with it.</param>
/// <param name="Free">Whether units may be removed.</param>
/// <param name="Why">Why not; empty where they may.</param>
public sealed record InspectedGroup(string Name, string Kind, long Size, ImmutableArray<string> Members, bool Free, string Why)
{
    internal static ImmutableArray<InspectedGroup> Of(StructureMap map) =>
    [
        .. map.Groups.Select(group => new InspectedGroup(group.Name, group.Kind.Word(), group.Size, [.. group.Members.Select(axis => axis.ToString())], group.Held is null, group.Held ?? "")),
    ];

    internal static ImmutableArray<InspectedGroup> Of(Branches branches) =>
    [
        .. branches.All.Select(branch => new InspectedGroup(branch.Name, UnitKind.Layer.Word(), 1, branch.Weights, branch.Held is null, branch.Held ?? "")),
    ];
}
