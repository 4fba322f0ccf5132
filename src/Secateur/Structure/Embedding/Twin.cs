using Secateur.Execution;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Structure.Embedding;

/// <summary>The turned model at its whole width, whose sliced features are zero: it computes what the sliced one computes, whatever that has learned since.</summary>
/// <remarks>
/// In a space without mean the features that stay need not sum to 0 any more once they have learned, and a LayerNormalization takes off their mean: there a sliced
/// feature is this mean, which leaves the mean as it is, and zero once it is taken off.
/// </remarks>
internal sealed class Twin
{
    private readonly OnnxModel model;
    private readonly Dictionary<string, long[]> shapes = [];
    private readonly Turned slice;

    /// <param name="whole">Turned at its whole width; its weights are given up.</param>
    /// <param name="sliced">Turned in the same directions.</param>
    public Twin(Turned whole, Turned sliced)
    {
        (model, slice) = (whole.Model, sliced);
        foreach (var (name, constant) in model.Graph.Constants)
        {
            if (!TorchTensors.IsLearnable(constant.Type()) || !sliced.Model.Graph.Constants.ContainsKey(name)) continue;
            shapes[name] = [.. constant.Dims];
            constant.Dims.Clear();
            constant.SetBytes(new byte[TensorData.Width(constant.Type())]);
        }
    }

    /// <summary>With what a sliced model holds, zeros where it is narrower.</summary>
    /// <param name="sliced">It may have learned.</param>
    public OnnxModel Of(OnnxModel sliced)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var made = new OnnxModel(model.Proto.Clone(), sliced.Path);
        foreach (var (name, shape) in shapes)
        {
            using var inner = NewDisposeScope();
            var (value, whole, to) = (sliced.Graph.Constants[name].ToTorch(), zeros(shape, TorchTensors.TypeOf(made.Graph.Constants[name].Type())), made.Graph.Constants[name]);
            if (slice.Factors.TryGetValue(name, out var factor)) value = value / factor; // of a mean over more features
            if (slice.Balanced.TryGetValue(name, out var axis) && (axis < 0 ? axis + shape.Length : axis) is var features && shape[features] - value.shape[features] is > 0 and var gone)
                value = cat([value, value.mean([(long)features], keepdim: true).expand([.. value.shape.Select((size, at) => at == features ? gone : size)])], features);
            var part = whole;
            for (var at = 0; at < value.dim(); at++) part = part.narrow(at, 0, value.shape[at]);
            part.copy_(value);
            to.Dims.Add(shape);
            whole.Store(to);
        }
        foreach (var property in sliced.Proto.MetadataProps) made.SetMetadata(property.Key, property.Value);
        return made.Reread();
    }
}
