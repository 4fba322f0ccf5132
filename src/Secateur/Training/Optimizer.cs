using System.Collections.Frozen;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>Changes parameters by their gradients. Its state is plain tensors of the parameters' own memory format, so that it can be saved and goes on exactly.</summary>
/// <param name="parameters">By name, in an order that stays.</param>
internal abstract class Optimizer(IReadOnlyDictionary<string, Parameter> parameters) : IDisposable
{
    private readonly SortedDictionary<string, Tensor> state = new(StringComparer.Ordinal);

    /// <summary>By the word of the recipe.</summary>
    public static FrozenDictionary<string, Func<IReadOnlyDictionary<string, Parameter>, TrainingRecipe, Optimizer>> All { get; } =
        new Dictionary<string, Func<IReadOnlyDictionary<string, Parameter>, TrainingRecipe, Optimizer>>
        {
            ["sgd"] = (parameters, recipe) => new Sgd(parameters, recipe.Momentum, recipe.WeightDecay),
            ["adam"] = (parameters, recipe) => new Adam(parameters, recipe.WeightDecay, decoupled: false),
            ["adamw"] = (parameters, recipe) => new Adam(parameters, recipe.WeightDecay, decoupled: true),
        }.ToFrozenDictionary();

    /// <summary>Steps taken.</summary>
    public long Steps { get; set; }

    /// <summary>Averages over past gradients, by a name of their own.</summary>
    public IReadOnlyDictionary<string, Tensor> State => state;

    /// <summary>Forgets the gradients of the last step.</summary>
    public void Clear()
    {
        foreach (var parameter in parameters.Values) parameter.grad = null;
    }

    /// <summary>Takes a step along the gradients that backward left.</summary>
    public void Step(double rate)
    {
        using var frozen = no_grad();
        Steps++;
        Update(parameters.Select(pair => (pair.Key, (Tensor)pair.Value, Gradient: pair.Value.grad)).Where(pair => pair.Gradient is not null)!, rate);
    }

    /// <summary>Begins anew, as if no step had been taken.</summary>
    public void Forget()
    {
        foreach (var tensor in state.Values) tensor.Dispose();
        state.Clear();
        Steps = 0;
    }

    public void Restore(string name, Tensor saved) => Keep(name, saved.clone());

    public void Dispose()
    {
        foreach (var tensor in state.Values) tensor.Dispose();
    }

    /// <param name="parameters">Those that have a gradient; changed in place.</param>
    /// <param name="rate">The learning rate of this step.</param>
    protected abstract void Update(IEnumerable<(string Name, Tensor Parameter, Tensor Gradient)> parameters, double rate);

    /// <summary>An average of the parameter's shape, zero before the first step.</summary>
    protected Tensor Average(string kind, string name, Tensor parameter) =>
        state.GetValueOrDefault($"{kind}/{name}") ?? Keep($"{kind}/{name}", zeros_like(parameter));

    private Tensor Keep(string name, Tensor tensor) => state[name] = tensor.DetachFromDisposeScope();
}
