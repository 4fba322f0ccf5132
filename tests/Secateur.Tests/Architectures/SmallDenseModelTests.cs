using Google.Protobuf;
using Secateur.Architectures;
using Secateur.Onnx;

namespace Secateur.Tests.Architectures;

public sealed class SmallDenseModelTests
{
    private static readonly ArchitectureOptions Mnist = new() { InputShape = [1, 28, 28], Classes = 10 };

    [Theory]
    [InlineData("lenet-300-100", 0.1)]
    [InlineData("lenet-300-100", 0.02)]
    [InlineData("lenet-5", 0.1)]
    [InlineData("conv-4", 0.1)]
    [InlineData("resnet-8", 0.1)]
    [InlineData("resnet-20", 0.1)]
    [InlineData("resnet-56", 0.05)]
    [InlineData("mobilenet-v2-small", 0.1)]
    [InlineData("vit-small", 0.2)]
    public void Has_at_most_the_parameters_asked_for_and_nearly_as_many(string name, double density)
    {
        var architecture = Architecture.Named(name);
        var asked = (long)(density * architecture.Parameters(Mnist));
        var small = Architecture.SmallDense(architecture.Build(Mnist, 1), asked, 2);
        Assert.StartsWith($"{name} of width 0.", small.Note);
        var (same, options) = Architecture.Recognize(small.Model!)!.Value;
        Assert.Same(architecture, same);
        Assert.InRange(architecture.Parameters(options), (long)(0.85 * asked), asked);
    }

    [Fact]
    public void Is_the_widest_that_fits()
    {
        var architecture = Architecture.Named("lenet-300-100");
        var like = architecture.Build(Mnist, 1);
        for (var neurons = 20; neurons < 24; neurons++)
        {
            var exact = architecture.Parameters(Mnist with { Width = neurons / 300.0 });
            Assert.Equal(exact, Count(Architecture.SmallDense(like, exact, 1)));
            Assert.True(Count(Architecture.SmallDense(like, exact - 1, 1)) < exact);
        }
        long Count(SmallDenseModel small) => architecture.Parameters(Architecture.Recognize(small.Model!)!.Value.Options);
    }

    [Fact]
    public void Is_never_wider_than_the_model_itself_and_drawn_by_its_own_seed()
    {
        var like = Architecture.Named("lenet-5").Build(Mnist, 1);
        Assert.Equal(like.Proto.ToByteArray(), Architecture.SmallDense(like, long.MaxValue, 1).Model!.Proto.ToByteArray());
        Assert.NotEqual(like.Proto.ToByteArray(), Architecture.SmallDense(like, long.MaxValue, 2).Model!.Proto.ToByteArray());
    }

    [Fact]
    public void Says_why_there_is_none()
    {
        var like = Architecture.Named("lenet-300-100").Build(Mnist, 1);
        var (none, note) = Architecture.SmallDense(like, 806, 1);
        Assert.Null(none);
        Assert.Equal("even the narrowest lenet-300-100 has 807 parameters, more than 806", note);
        like.Proto.MetadataProps.Clear();
        (none, note) = Architecture.SmallDense(like, 10_000, 1);
        Assert.Null(none);
        Assert.Equal("the file does not say which architecture it is, so no small dense model could be made", note);
    }
}
