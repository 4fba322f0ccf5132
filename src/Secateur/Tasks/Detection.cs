using System.Collections.Immutable;

namespace Secateur.Tasks;

/// <summary>Boxes, or the maps that boxes are found in. It is learned from the dense model alone, before any suppression of boxes.</summary>
internal sealed class Detection : Task
{
    public override string Summary => "boxes or maps of where things are; learned from the dense model alone, labels are left unread";

    public override ImmutableArray<string> Metrics => [];

    internal override bool Learns => false;
}
