namespace Secateur.Architectures;

/// <summary>LeNet-5 as Caffe has it: two 5×5 convolutions with max pooling, then 500 neurons; 431,080 parameters for 10 classes of 28×28.</summary>
/// <remarks>LeCun et al., Proc. IEEE 1998; layers of Caffe's <c>examples/mnist/lenet.prototxt</c>, whose only ReLU follows the 500 neurons.</remarks>
internal sealed class LeNet5 : Architecture
{
    public override string Name => "lenet-5";

    public override string Summary => $"pictures: two 5x5 convolutions and 500 neurons (Caffe's); {Millions(1, 28, 28)} at 28x28";

    public override TrainingRecipe Defaults { get; } = new() { Epochs = 10, Optimizer = "adam", LearningRate = 1.2e-3 };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        var x = Picture(graph, options, smallest: 16);
        x = graph.MaxPool(graph.Conv("conv1", x, options.Channels(20), kernel: 5), kernel: 2);
        x = graph.MaxPool(graph.Conv("conv2", x, options.Channels(50), kernel: 5), kernel: 2);
        x = graph.Relu(graph.Gemm("fc1", graph.Flatten(x), options.Scale(500), relu: true));
        return graph.Gemm("fc2", x, options.Classes, relu: false);
    }
}
