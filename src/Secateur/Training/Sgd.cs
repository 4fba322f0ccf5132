using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>Stochastic gradient descent with momentum: v ← µ·v + g + λ·w, w ← w − η·v.</summary>
/// <remarks>Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, with the rate outside the velocity, as PyTorch has it.</remarks>
internal sealed class Sgd(IReadOnlyDictionary<string, Parameter> parameters, double momentum, double decay) : Optimizer(parameters)
{
    protected override void Update(IEnumerable<(string Name, Tensor Parameter, Tensor Gradient)> parameters, double rate)
    {
        foreach (var (name, parameter, gradient) in parameters)
        {
            var change = decay == 0 ? gradient : gradient.add(parameter, decay);
            if (momentum != 0) change = Average("velocity", name, parameter).mul_(momentum).add_(change);
            parameter.add_(change, -rate);
        }
    }
}
