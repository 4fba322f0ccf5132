using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Structure.Embedding;

/// <summary>What is known of a graph before it runs: who reads what, shapes at two settings of open sizes, and which values are fixed.</summary>
/// <param name="network">It must live as long.</param>
/// <param name="settings">See <see cref="StructureMap.SettingsOf"/>.</param>
internal sealed class GraphView(Network network, ImmutableArray<Setting> settings)
{
    public Network Network => network;

    public Flow Flow { get; } = new(network.Graph);

    public ImmutableArray<Setting> Settings => settings;

    /// <summary>The shape of a value that is seen in every setting; null otherwise.</summary>
    public ImmutableArray<long>? Shape(string name) => settings.All(setting => setting.Shapes.Has(name)) ? settings[0].Shapes[name] : null;

    public int Rank(string name) => Shape(name)?.Length ?? 0;

    /// <summary>Whether a value is of floats and so wide on an axis at every setting.</summary>
    public bool IsWide(string name, int axis, long width) => axis >= 0
        && settings.All(setting => setting.Shapes.Has(name) && TorchTensors.IsLearnable(setting.Shapes.TypeOf(name)) && setting.Shapes[name] is var shape && axis < shape.Length && shape[axis] == width);

    /// <summary>Integers that are the same at every setting, such as the axes that a node is told.</summary>
    public long[]? Integers(string name) => settings[0].Shapes.Integers(name);

    /// <summary>Whether a value is a constant of floats, or one that is only laid out anew or cast to other floats.</summary>
    public bool IsFixed(string name) => Held(name) is { } held ? TorchTensors.IsLearnable(held.dtype)
        : Flow.Maker(name) is { Domain: "", OpType: "Transpose" or "Identity" or "Cast" } node && IsFixed(node.Inputs[0]) && (node.OpType != "Cast" || TorchTensors.IsLearnable((DataType)node.Int("to")));

    /// <summary>A fixed value, float64.</summary>
    public Tensor Fixed(string name)
    {
        if (Held(name) is { } held) return held.detach().to(ScalarType.Float64);
        var (node, inner) = (Flow.Maker(name)!, Fixed(Flow.Maker(name)!.Inputs[0]));
        return node.OpType is "Identity" or "Cast" ? inner : inner.permute(Operators.Transpose.Permutation(node, inner.dim()));
    }

    /// <summary>The constant that a fixed value is laid out from.</summary>
    public string Base(string name) => Held(name) is not null ? name : Base(Flow.Maker(name)!.Inputs[0]);

    /// <summary>Elements of a fixed value.</summary>
    public long Elements(string name) => Held(Base(name))!.numel();

    /// <summary>The shape of a fixed value.</summary>
    public long[] FixedShape(string name)
    {
        using var scope = NewDisposeScope();
        return Fixed(name).shape;
    }

    private Tensor? Held(string name) => network.Constants.GetValueOrDefault(name) ?? network.Folding.Values.GetValueOrDefault(name);
}
