namespace Secateur.Criteria;

/// <summary>What a criterion must have seen of the data before it can score.</summary>
[Flags]
public enum Needs
{
    Nothing = 0,

    /// <summary>Gradients of the loss, batch by batch.</summary>
    Gradients = 1,

    /// <summary>Gradients of the loss, example by example.</summary>
    ExampleGradients = 2,

    /// <summary>How often the inputs of each layer are not zero.</summary>
    Activations = 4,

    /// <summary>Second moments of the inputs of each layer.</summary>
    InputMoments = 8,
}
