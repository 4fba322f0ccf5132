using Secateur.Execution;

namespace Secateur.Tests.Training;

[Collection(nameof(Evaluation.Alone))]
public class QuietHeapTests
{
    [Fact]
    public void Nothing_is_collected_inside_and_breathing_collects()
    {
        using (QuietHeap.Enter())
        {
            var before = GC.CollectionCount(0);
            Allocate(60);
            Assert.Equal(before, GC.CollectionCount(0));
            using (QuietHeap.Enter()) QuietHeap.Breathe();
            Assert.Equal(before, GC.CollectionCount(0));
            Allocate(60);
            QuietHeap.Breathe();
            Allocate(60); // a new budget: still nothing is collected on the way
        }
        Assert.NotEqual(System.Runtime.GCLatencyMode.NoGCRegion, System.Runtime.GCSettings.LatencyMode);
    }

    private static void Allocate(int megabytes)
    {
        for (var i = 0; i < megabytes * 256; i++) GC.KeepAlive(new byte[4096]);
    }
}
