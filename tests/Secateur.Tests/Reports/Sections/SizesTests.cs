using Secateur.Reports.Sections;
using Secateur.Testing;

namespace Secateur.Tests.Reports.Sections;

public sealed class SizesTests
{
    [Fact]
    public void Work_of_zeros_is_taken_off_once_for_a_node()
    {
        // weight and bias of a node both carry the node's MACs
        var result = SampleResults.Mlp with
        {
            Layers =
            [
                new("w", "fc", [10, 100], 1_000, 250, 0.75, "pruned", "", 1_000),
                new("b", "fc", [10], 10, 0, 1, "kept", "", 1_000),
            ],
            Input = SampleResults.Mlp.Input with { Macs = 1_000 },
            Output = SampleResults.Mlp.Output with { Macs = 1_000 },
        };
        var row = Sizes.Of(result).Single(row => row.Name == "MACs of nonzero weights");
        Assert.Equal(("1,000", "250", "4.00x", "25"), (row.Before, row.After, row.Ratio, row.Left));
    }

    [Fact]
    public void What_was_not_counted_before_is_not_claimed()
    {
        var result = SampleResults.Mlp with { Input = SampleResults.Mlp.Input with { Nonzero = 100_000 } };
        Assert.Equal("–", Sizes.Of(result).Single(row => row.Name == "MACs of nonzero weights").Before);
    }

    [Fact]
    public void A_file_that_grew_is_less_than_once_as_small_and_its_bar_is_full()
    {
        var row = Sizes.Of(SampleResults.Mlp with { Output = SampleResults.Mlp.Output with { Bytes = 2 * SampleResults.Mlp.Input.Bytes } })[0];
        Assert.Equal(("0.50x", "100", "200.0 % left"), (row.Ratio, row.Left, row.LeftText));
    }
}
