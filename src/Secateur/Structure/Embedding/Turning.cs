using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static TorchSharp.torch;

namespace Secateur.Structure.Embedding;

/// <summary>A model whose streams are told in other directions.</summary>
/// <param name="Model">With other weights and nodes.</param>
/// <param name="Constants">Those that are other than they were, or new, by name.</param>
/// <param name="Factors">The scales and ε of normalizations among them, with how many times larger they are for a mean over fewer features.</param>
/// <param name="Balanced">Those among them that write a space without mean, with the axis of its features, over which they sum to 0 before they learn.</param>
internal sealed record Turned(OnnxModel Model, IReadOnlySet<string> Constants, IReadOnlyDictionary<string, double> Factors, IReadOnlyDictionary<string, int> Balanced);

/// <summary>Writes a model anew with its streams told in other directions, all of them or the principal ones.</summary>
/// <remarks>
/// What stands for a stream's value x in its space is x·Into. A writer's weight W becomes W·Into, a reader's Back·diag(scale)·W, where scale and shift are those of the
/// normalization before it (SliceGPT, arXiv:2401.15024, sec. 3.2); what comes into a sum from another space is multiplied by Back·diag(scale)·Into. A normalization of
/// fewer features has a mean over fewer: its ε is larger by width/wide, and its scale √(width/wide), so that it is the norm of the whole width with zeros in it.
/// </remarks>
internal sealed class Turning
{
    private readonly GraphView view;
    private readonly IReadOnlyDictionary<Node, ResidualStream> streams;
    private readonly Func<Space, Tensor> directions;
    private readonly Func<ResidualStream, long> kept;
    private readonly bool isWhole;
    private readonly Draft draft;
    private readonly Dictionary<string, string> names = [];                                 // by value of a stream: what stands for it
    private readonly Dictionary<string, (Tensor? Scale, Tensor? Shift)> told = [];          // by such a value: what is left of normalizations
    private readonly Dictionary<(Node, int), Tensor> more = [];                             // added to a fixed operand
    private readonly Dictionary<Space, Turn> turns = [];
    private readonly Dictionary<string, double> factors = [];

    private Turning(GraphView view, IEnumerable<ResidualStream> streams, Func<Space, Tensor> directions, Func<ResidualStream, long> kept, bool isWhole)
    {
        (this.view, this.directions, this.kept, this.isWhole) = (view, directions, kept, isWhole);
        this.streams = streams.SelectMany(stream => stream.Nodes.Select(node => (stream, node))).ToDictionary(pair => pair.node, pair => pair.stream);
        draft = new Draft(view);
    }

    /// <summary>The model, in which what reads and writes streams is other than it was.</summary>
    /// <param name="view">Of the graph as it is.</param>
    /// <param name="streams">Of the graph.</param>
    /// <param name="directions">By space, orthonormal columns [width, width], the principal ones first.</param>
    /// <param name="kept">By stream, the features that stay, from 2 to all.</param>
    /// <param name="isWhole">Whether the others stay too, as zeros.</param>
    public static Turned Apply(GraphView view, IEnumerable<ResidualStream> streams, Func<Space, Tensor> directions, Func<ResidualStream, long> kept, bool isWhole)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var turning = new Turning(view, streams, directions, kept, isWhole);
        turning.Write();
        return new(turning.draft.Finish(turning.streams.Keys), turning.draft.Written, turning.factors, turning.draft.Balanced);
    }

    private void Write()
    {
        foreach (var (node, proto) in draft.Nodes)
        {
            if (streams.TryGetValue(node, out var stream)) Turn(stream, node, proto);
            else draft.Add(proto);
            foreach (var input in more.Keys.Where(use => use.Item1 == node).Select(use => use.Item2).ToArray()) draft.Put(node, proto, input, Fixed(node, input));
            if (stream is not null) foreach (var output in node.Outputs.Where(stream.Axes.ContainsKey).Where(view.Flow.Leaving.Contains)) Restore(stream, node, output);
        }
    }

    private void Turn(ResidualStream stream, Node node, NodeProto proto)
    {
        for (var input = 0; input < node.Inputs.Length; input++)
            if (names.TryGetValue(node.Inputs[input], out var name)) proto.Input[input] = name;
        var isKept = stream.Parts[node] switch
        {
            Part.Writes or Part.Reads => Product(stream, node, proto),
            Part.Joins => Join(stream, node, proto),
            Part.Shifts => Shift(stream, node, proto),
            Part.Scales => Scale(stream, node, proto),
            Part.Normalizes => Normalize(stream, stream.NormalizationOf(node), node, proto),
            Part.Passes => Pass(stream, node, proto),
            _ => Measure(stream, node, proto),
        };
        if (!isKept) names[node.Outputs[0]] = names.GetValueOrDefault(node.Inputs[ResidualStream.Operand(view, node)], node.Inputs[ResidualStream.Operand(view, node)]);
    }

    private bool Product(ResidualStream stream, Node node, NodeProto proto)
    {
        var (reads, writes) = (node.Inputs.Length > 0 && stream.Axes.ContainsKey(node.Inputs[0]), stream.Axes.ContainsKey(node.Outputs[0]));
        var into = writes ? Into(stream, node.Outputs[0]) : null;
        var space = writes ? stream[node.Outputs[0]] : null;
        if (node.OpType is "Reshape" or "Expand") Resize(stream, node, proto);
        draft.Add(proto);
        if (node.OpType == "Conv")
        {
            var kernel = view.Fixed(node.Inputs[1]);
            draft.Put(node, proto, 1, mm(into!.t(), kernel.flatten(1)).reshape([into.shape[1], .. kernel.shape[1..]]), space, 0);
            if (node.HasInput(2)) draft.Put(node, proto, 2, matmul(view.Fixed(node.Inputs[2]), into), space);
            return true;
        }
        if (node.OpType is not ("MatMul" or "Gemm")) // a table, or a fixed value that is moved, cut, repeated
        {
            draft.Put(node, proto, 0, matmul(view.Fixed(node.Inputs[0]), into!), space);
            return true;
        }
        var isTransposed = node.OpType == "Gemm" && node.Flag("transB");
        var weight = view.Fixed(node.Inputs[1]);
        if (isTransposed) weight = weight.t();
        Tensor? shift = null;
        var outputs = weight.shape[^1];
        if (reads)
        {
            if (told.GetValueOrDefault(node.Inputs[0]).Shift is { } offset) shift = matmul(offset.unsqueeze(0), weight);
            if (shift?.dim() == 2) shift = shift.squeeze(0);
            weight = matmul(Back(stream, node.Inputs[0]), weight);
        }
        if (into is not null) weight = matmul(weight, into);
        draft.Put(node, proto, 1, isTransposed ? weight.t() : weight, space, isTransposed ? 0 : -1);
        if (node.OpType == "Gemm" && (!node.HasInput(2) || view.IsFixed(node.Inputs[2])))
        {
            var bias = node.HasInput(2) ? Wide(view.Fixed(node.Inputs[2]), outputs) : null;
            if (shift is not null) bias = (shift * node.Float("alpha", 1) / node.Float("beta", 1)) is var added && bias is not null ? bias + added : added;
            if (bias is null) return true;
            if (into is not null) bias = matmul(bias, into);
            if (node.HasInput(2)) draft.Put(node, proto, 2, bias, space);
            else
            {
                while (proto.Input.Count > 2) proto.Input.RemoveAt(2);
                proto.Input.Add(draft.Constant($"{node.Name}/bias", bias, node.Outputs[0], space));
            }
        }
        else if (shift is not null) AddAfter(node, proto, shift, into, outputs, space);
        return true;
    }

    /// <summary>Adds to what a product gives: to the bias after it, where there is one.</summary>
    private void AddAfter(Node node, NodeProto proto, Tensor shift, Tensor? into, long outputs, Space? space)
    {
        var output = node.Outputs[0];
        if (!view.Flow.Leaving.Contains(output) && view.Flow.Readers(output) is [{ OpType: "Add", Domain: "" } next] && next.Inputs.Any(view.IsFixed)
            && 1 - ResidualStream.Operand(view, next) is var place && view.FixedShape(next.Inputs[place]) is [.., var last] && last == outputs && shift.dim() == 1)
        {
            more[(next, place)] = shift;
            return;
        }
        proto.Output[0] = draft.Unused($"{output}/product");
        draft.Add(node, "Add", output, proto.Output[0], draft.Constant($"{node.Name}/shift", into is null ? shift : matmul(shift, into), output, space));
    }

    private bool Join(ResidualStream stream, Node node, NodeProto proto)
    {
        var (into, space) = (Into(stream, node.Outputs[0]), stream[node.Outputs[0]]);
        for (var input = 0; input < node.Inputs.Length; input++)
        {
            var name = node.Inputs[input];
            if (view.IsFixed(name)) draft.Put(node, proto, input, matmul(Wide(Fixed(node, input), stream.Width), into), space);
            else if (!stream.Axes.ContainsKey(name)) proto.Input[input] = Converted(node, name, into, null, space);
            else if (!stream.IsAbsorbed(name)) proto.Input[input] = Converted(node, proto.Input[input], mm(Back(stream, name), into), told.GetValueOrDefault(name).Shift is { } shift ? matmul(shift, into) : null, space);
        }
        draft.Add(proto);
        return true;
    }

    private bool Shift(ResidualStream stream, Node node, NodeProto proto)
    {
        var operand = ResidualStream.Operand(view, node);
        var value = Wide(Fixed(node, 1 - operand), stream.Width);
        if (told.TryGetValue(node.Inputs[operand], out var state))
        {
            value = value.reshape(stream.Width);
            told[node.Outputs[0]] = (state.Scale, state.Shift is null ? value : state.Shift + value);
            more.Remove((node, 1 - operand));
            draft.Leave(node.Inputs[1 - operand]);
            return false;
        }
        draft.Put(node, proto, 1 - operand, matmul(value, Into(stream, node.Outputs[0])), stream[node.Outputs[0]]);
        draft.Add(proto);
        return true;
    }

    private bool Scale(ResidualStream stream, Node node, NodeProto proto)
    {
        var operand = ResidualStream.Operand(view, node);
        var factor = view.Fixed(node.Inputs[1 - operand]);
        if (node.OpType == "Div") factor = factor.reciprocal();
        var isNumber = factor.numel() == 1;
        factor = factor.flatten();
        if (told.TryGetValue(node.Inputs[operand], out var state))
            told[node.Outputs[0]] = (isNumber ? state.Scale : state.Scale is null ? factor : state.Scale * factor, state.Shift is null ? null : state.Shift * factor);
        else if (!isNumber && !stream.IsAbsorbed(node.Inputs[operand])) told[node.Outputs[0]] = (factor, null);
        if (isNumber) draft.Add(proto);
        else draft.Leave(node.Inputs[1 - operand]);
        return isNumber;
    }

    private bool Normalize(ResidualStream stream, Normalization norm, Node node, NodeProto proto)
    {
        var wide = WideOf(stream);
        var ratio = (double)stream.Width / wide;
        if (node == norm.Nodes[0] && stream.StandsAlone(norm))
        {
            var into = TurnOf(stream, stream[norm.Output]).Into;
            names[Inner(norm)] = stream.Axes.ContainsKey(norm.Input)
                ? Converted(node, names.GetValueOrDefault(norm.Input, norm.Input), mm(Back(stream, norm.Input), into), told.GetValueOrDefault(norm.Input).Shift is { } shift ? matmul(shift, into) : null, stream[norm.Output])
                : Converted(node, norm.Input, into, null, stream[norm.Output]);
        }
        if (names.GetValueOrDefault(Inner(norm)) is { } input)
            for (var place = 0; place < node.Inputs.Length; place++)
                if (node.Inputs[place] == norm.Input) proto.Input[place] = input;
        draft.Add(proto);
        if (norm.Adds == node)
        {
            var epsilon = 1 - ResidualStream.Operand(view, node);
            factors[draft.Put(node, proto, epsilon, full([], norm.Epsilon * ratio, ScalarType.Float64))] = ratio;
        }
        if (node != norm.Nodes[^1]) return true;
        var scale = full([wide], Math.Sqrt(ratio), ScalarType.Float64);
        if (norm.Scales is var (by, at))
        {
            told[norm.Output] = (view.Fixed(by.Inputs[at]).flatten().expand(stream.Width), norm.Adds is null && by.HasInput(2) ? view.Fixed(by.Inputs[2]).flatten().expand(stream.Width) : null);
            factors[draft.Put(node, proto, at, scale)] = Math.Sqrt(ratio);
        }
        else
        {
            told[norm.Output] = (null, null);
            proto.Output[0] = draft.Unused($"{norm.Output}/normalized");
            var name = draft.Constant($"{node.Name}/scale", scale, node.Outputs[0]);
            draft.Add(node, "Mul", norm.Output, proto.Output[0], name);
            factors[name] = Math.Sqrt(ratio);
        }
        if (norm.Adds is not null) return true;
        if (node.HasInput(2)) draft.Leave(node.Inputs[2]);
        while (proto.Input.Count > 2) proto.Input.RemoveAt(2);
        foreach (var old in proto.Attribute.Where(attribute => attribute.Name == "epsilon").ToArray()) proto.Attribute.Remove(old);
        proto.Attribute.Add(new AttributeProto { Name = "epsilon", Type = AttributeProto.Types.AttributeType.Float, F = (float)(norm.Epsilon * ratio) });
        return true;

        static string Inner(Normalization norm) => norm.Output + "/input"; // no value has this name: it is a key alone
    }

    private bool Pass(ResidualStream stream, Node node, NodeProto proto)
    {
        if (told.TryGetValue(node.Inputs[0], out var state)) foreach (var output in node.Outputs) told[output] = state;
        if (node.OpType is "Reshape" or "Expand") Resize(stream, node, proto);
        draft.Add(proto);
        return true;
    }

    /// <summary>The width in the target of a node that comes next.</summary>
    private void Resize(ResidualStream stream, Node node, NodeProto proto)
    {
        var (axis, less) = (stream.Axes[node.Outputs[0]], stream.Width - WideOf(stream));
        if (less == 0 || view.Settings[0].Sizes.Integers(node.Inputs[1]) is not { } target) return;
        axis += target.Length - view.Rank(node.Outputs[0]);
        if (target[axis] != stream.Width) return; // -1 and 0 follow by themselves
        var change = new long[target.Length];
        change[axis] = -less;
        if (view.Network.Constants.ContainsKey(node.Inputs[1]))
        {
            target[axis] -= less;
            proto.Input[1] = draft.Number($"{node.Name}/shape", tensor(target));
            draft.Leave(node.Inputs[1]);
            return;
        }
        proto.Input[1] = draft.Add(node, "Add", draft.Unused($"{node.Name}/shape"), proto.Input[1], draft.Number($"{node.Name}/narrower", tensor(change)));
    }

    /// <summary>A shape that others read stays what it was.</summary>
    private bool Measure(ResidualStream stream, Node node, NodeProto proto)
    {
        draft.Add(proto);
        var (axis, rank, less) = (stream.Axes[node.Inputs[0]], view.Rank(node.Inputs[0]), stream.Width - WideOf(stream));
        var change = new long[rank];
        change[axis] = less;
        var (start, end) = (Place(node.Int("start")), Place(node.Int("end", rank)));
        if (less == 0 || axis < start || axis >= end || view.Flow.Readers(node.Outputs[0]).All(IsElsewhere)) return true;
        proto.Output[0] = draft.Unused($"{node.Outputs[0]}/narrow");
        draft.Add(node, "Add", node.Outputs[0], proto.Output[0], draft.Number($"{node.Name}/wider", tensor(change[start..end])));
        return true;

        int Place(long at) => (int)Math.Clamp(at < 0 ? at + rank : at, 0, rank);
        bool IsElsewhere(Node reader) => reader is { OpType: "Gather", Domain: "" } && reader.Inputs[0] == node.Outputs[0] && view.Integers(reader.Inputs[1]) is { } chosen
            && chosen.All(index => (index < 0 ? index + end - start : index) + start != axis);
    }

    /// <summary>The whole width again, under the name that leaves the model.</summary>
    private void Restore(ResidualStream stream, Node node, string output)
    {
        var inner = names.GetValueOrDefault(output, output);
        if (inner == output) inner = names[output] = draft.Rename(output);
        var shift = told.GetValueOrDefault(output).Shift;
        var product = shift is null ? output : draft.Unused($"{output}/product");
        draft.Add(node, "MatMul", product, inner, draft.Constant($"{node.Name}/back", Back(stream, output), output));
        if (shift is not null) draft.Add(node, "Add", output, product, draft.Constant($"{node.Name}/shift", shift, output));
    }

    private string Converted(Node node, string input, Tensor matrix, Tensor? shift, Space space)
    {
        var turned = draft.Add(node, "MatMul", draft.Unused($"{node.Name}/turned"), input, draft.Constant($"{node.Name}/turn", matrix, node.Outputs[0], space));
        return shift is null ? turned : draft.Add(node, "Add", draft.Unused($"{node.Name}/shifted"), turned, draft.Constant($"{node.Name}/shift", shift, node.Outputs[0], space));
    }

    /// <summary>A fixed operand, with what was added to it.</summary>
    private Tensor Fixed(Node node, int input) => more.Remove((node, input), out var shift) ? view.Fixed(node.Inputs[input]) + shift : view.Fixed(node.Inputs[input]);

    private static Tensor Wide(Tensor value, long width) => value.dim() > 0 && value.shape[^1] == width ? value
        : value.dim() == 0 ? value.expand(width) : value.expand([.. value.shape[..^1], width]);

    private long WideOf(ResidualStream stream) => isWhole ? stream.Width : kept(stream);

    private Turn TurnOf(ResidualStream stream, Space space) =>
        turns.TryGetValue(space, out var known) ? known : turns[space] = Embedding.Turn.Of(directions(space), space.Centred, kept(stream), WideOf(stream));

    /// <summary>Into the space of a value, with what scales it later on its way into a sum.</summary>
    private Tensor Into(ResidualStream stream, string value)
    {
        var into = TurnOf(stream, stream[value]).Into;
        foreach (var scale in stream.ScaledLater(value))
        {
            var factor = view.Fixed(scale.Inputs[1 - ResidualStream.Operand(view, scale)]).flatten();
            into = (scale.OpType == "Div" ? factor.reciprocal() : factor).unsqueeze(1) * into;
        }
        return into;
    }

    private Tensor Back(ResidualStream stream, string value)
    {
        var back = TurnOf(stream, stream[value]).Back;
        return told.GetValueOrDefault(value).Scale is { } scale ? back * scale : back;
    }
}
