using System.Runtime;
using System.Runtime.CompilerServices;
using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Tests.Execution;

[Collection(nameof(Evaluation.Alone))]
public sealed class QuietHeapTests
{
    private static int Collections => GC.CollectionCount(0);

    [Fact]
    public void No_collection_happens_inside()
    {
        using var quiet = QuietHeap.Enter();
        var before = Collections;
        Waste(64);
        Assert.Equal(before, Collections);
    }

    [Fact]
    public void Without_it_as_much_waste_is_collected() // or the law above would say nothing
    {
        var before = Collections;
        Waste(512);
        Assert.NotEqual(before, Collections);
    }

    [Fact]
    public void Breathing_collects_once_half_of_the_budget_is_used()
    {
        using var quiet = QuietHeap.Enter();
        var before = Collections;
        Waste(16);
        QuietHeap.Breathe();
        Assert.Equal(before, Collections);
        Waste(112);
        QuietHeap.Breathe();
        Assert.NotEqual(before, Collections);
        Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
    }

    [Fact]
    public void Waste_may_go_on_for_ever_between_breaths()
    {
        using var quiet = QuietHeap.Enter();
        for (var batch = 0; batch < 20; batch++)
        {
            QuietHeap.Breathe();
            var before = Collections;
            Waste(48);
            Assert.Equal(before, Collections);
        }
    }

    [Fact]
    public void An_inner_stretch_ends_nothing_and_the_outer_ends_all()
    {
        using (QuietHeap.Enter())
        {
            using (QuietHeap.Enter()) Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
            Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
            var before = Collections;
            Waste(32);
            Assert.Equal(before, Collections);
        }
        Assert.NotEqual(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
    }

    [Fact]
    public void While_another_may_compute_no_breath_is_taken()
    {
        using var quiet = QuietHeap.Enter();
        using var other = QuietHeap.Enter();
        var before = Collections;
        Waste(112);
        QuietHeap.Breathe();
        Assert.Equal(before, Collections);
    }

    [Fact]
    public void A_budget_overrun_ends_quietly_and_the_next_breath_begins_anew()
    {
        using (QuietHeap.Enter())
        {
            Waste(512);
            QuietHeap.Breathe();
            Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
        }
        Assert.NotEqual(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
    }

    [Fact]
    public void Brief_stretches_go_on_where_the_last_ended_until_half_of_the_budget_is_used()
    {
        using (QuietHeap.EnterBriefly()) Waste(16);
        var before = Collections;
        for (var again = 0; again < 3; again++)
        {
            using var quiet = QuietHeap.EnterBriefly();
            Waste(16);
            Assert.Equal(before, Collections);
        }
        Waste(112);
        using (QuietHeap.EnterBriefly())
        {
            Assert.NotEqual(before, Collections);
            before = Collections;
            Waste(64);
            Assert.Equal(before, Collections);
        }
        using (QuietHeap.Enter()) Waste(1); // ends it
        Assert.NotEqual(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
    }

    [Fact]
    public void A_run_of_a_network_is_quiet()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier();
        var (inside, x) = (false, new Dictionary<string, Tensor> { ["x"] = zeros(4, 8) });
        network.Run(x, default, (_, _, _) => inside |= GCSettings.LatencyMode == GCLatencyMode.NoGCRegion);
        Assert.True(inside);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Waste(int megabytes)
    {
        for (var i = 0; i < megabytes * 128; i++) GC.KeepAlive(new byte[8 << 10]);
    }
}
