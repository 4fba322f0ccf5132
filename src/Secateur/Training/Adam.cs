using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>Adam: steps along the mean gradient over the root of the mean squared gradient, both exponential averages corrected for their start at zero.</summary>
/// <remarks>Kingma &amp; Ba, "Adam", ICLR 2015, algorithm 1 (arXiv:1412.6980), with its β₁, β₂ and ε. Decoupled weight decay is AdamW's: Loshchilov &amp; Hutter,
/// ICLR 2019, algorithm 2 (arXiv:1711.05101).</remarks>
internal sealed class Adam(IReadOnlyDictionary<string, Parameter> parameters, double decay, bool decoupled) : Optimizer(parameters)
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    protected override void Update(IEnumerable<(string Name, Tensor Parameter, Tensor Gradient)> parameters, double rate)
    {
        var correction = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        var step = -rate / (1 - Math.Pow(Beta1, Steps));
        foreach (var (name, parameter, slope) in parameters)
        {
            if (decoupled) parameter.mul_(1 - rate * decay);
            var gradient = decoupled || decay == 0 ? slope : slope.add(parameter, decay);
            var mean = Average("mean", name, parameter).mul_(Beta1).add_(gradient, 1 - Beta1);
            var square = Average("square", name, parameter).mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
            parameter.addcdiv_(mean, square.sqrt().div_(correction).add_(Epsilon), step);
        }
    }
}
