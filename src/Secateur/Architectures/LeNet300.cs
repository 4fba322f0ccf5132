namespace Secateur.Architectures;

/// <summary>LeNet-300-100: two hidden layers with ReLU; 266,610 parameters for 10 classes of 28×28.</summary>
/// <remarks>LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, sec. III; with ReLU as in
/// Han et al., "Learning both Weights and Connections", NIPS 2015 (arXiv:1506.02626).</remarks>
internal sealed class LeNet300 : Architecture
{
    public override string Name => "lenet-300-100";

    public override string Summary => $"pictures: fully connected, 300 and 100 neurons; {Millions(1, 28, 28)} at 28x28";

    public override TrainingRecipe Defaults { get; } = new() { Epochs = 10, Optimizer = "adam", LearningRate = 1.2e-3 };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        var x = graph.Flatten(Picture(graph, options, smallest: 1));
        x = graph.Relu(graph.Gemm("fc1", x, options.Scale(300), relu: true));
        x = graph.Relu(graph.Gemm("fc2", x, options.Scale(100), relu: true));
        return graph.Gemm("fc3", x, options.Classes, relu: false);
    }
}
