using System.Collections.Immutable;

namespace Secateur.Tasks;

/// <summary>Whatever the outputs are: the dense model's answers teach and judge.</summary>
internal sealed class SelfDistillation : Task
{
    public override string Summary => "any outputs; the dense model teaches and judges, labels are left unread";

    public override ImmutableArray<string> Metrics => [];

    internal override bool Learns => false;
}
