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
    private readonly OnnxModel model;
    private readonly Surgery surgery;
    private readonly List<NodeProto> made = [];
    private readonly Dictionary<string, string> names = [];                                 // by value of a stream: what stands for it
    private readonly Dictionary<string, (Tensor? Scale, Tensor? Shift)> told = [];          // by such a value: what is left of normalizations
    private readonly Dictionary<(Node, int), Tensor> more = [];                             // added to a fixed operand
    private readonly Dictionary<Space, Turn> turns = [];
    private readonly Dictionary<string, double> factors = [];
    private readonly Dictionary<string, int> balanced = [];
    private readonly HashSet<string> written = [], left = [];

    private Turning(GraphView view, IEnumerable<ResidualStream> streams, Func<Space, Tensor> directions, Func<ResidualStream, long> kept, bool isWhole)
    {
        (this.view, this.directions, this.kept, this.isWhole) = (view, directions, kept, isWhole);
        this.streams = streams.SelectMany(stream => stream.Nodes.Select(node => (stream, node))).ToDictionary(pair => pair.node, pair => pair.stream);
        model = new OnnxModel(view.Network.Model.Proto.Clone(), view.Network.Model.Path);
        surgery = new Surgery(model);
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
        return new(turning.Write(), turning.written, turning.factors, turning.balanced);
    }

    private OnnxModel Write()
    {
        var (graph, own) = (model.Proto.Graph, view.Network.Graph.Nodes);
        var ordered = model.Graph.Nodes.Select(node => node.Proto).ToHashSet(ReferenceEqualityComparer.Instance); // they change, and compare by what they hold
        foreach (var (node, copy) in own.Zip(model.Graph.Nodes))
        {
            if (streams.TryGetValue(node, out var stream)) Turn(stream, node, copy.Proto);
            else made.Add(copy.Proto);
            foreach (var input in more.Keys.Where(use => use.Item1 == node).Select(use => use.Item2).ToArray()) Put(node, copy.Proto, input, Fixed(node, input));
            if (stream is not null) foreach (var output in node.Outputs.Where(stream.Axes.ContainsKey).Where(view.Flow.Leaving.Contains)) Restore(stream, node, output);
        }
        NodeProto[] others = [.. graph.Node.Where(node => !ordered.Contains(node))]; // constants and their other names
        graph.Node.Clear();
        graph.Node.AddRange(others);
        graph.Node.AddRange(made);
        var changed = streams.Keys.SelectMany(node => node.Outputs).ToHashSet();
        foreach (var value in graph.ValueInfo.Where(value => changed.Contains(value.Name)).ToArray()) graph.ValueInfo.Remove(value);
        return Swept();
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
        if (!isKept) names[node.Outputs[0]] = names.GetValueOrDefault(Streamed(node), Streamed(node));

        string Streamed(Node node) => node.Inputs[ResidualStream.Operand(view, node)];
    }

    private bool Product(ResidualStream stream, Node node, NodeProto proto)
    {
        var (reads, writes) = (node.Inputs.Length > 0 && stream.Axes.ContainsKey(node.Inputs[0]), stream.Axes.ContainsKey(node.Outputs[0]));
        var into = writes ? Into(stream, node.Outputs[0]) : null;
        var space = writes ? stream[node.Outputs[0]] : null;
        made.Add(proto);
        if (node.OpType == "Conv")
        {
            var kernel = view.Fixed(node.Inputs[1]);
            Put(node, proto, 1, mm(into!.t(), kernel.flatten(1)).reshape([into.shape[1], .. kernel.shape[1..]]), space, 0);
            if (node.HasInput(2)) Put(node, proto, 2, matmul(view.Fixed(node.Inputs[2]), into), space);
            return true;
        }
        if (node.OpType is not ("MatMul" or "Gemm")) // a table, or a fixed value that is moved, cut, repeated
        {
            Put(node, proto, 0, matmul(view.Fixed(node.Inputs[0]), into!), space);
            if (node.OpType is "Reshape" or "Expand") Resize(stream, node, proto);
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
        Put(node, proto, 1, isTransposed ? weight.t() : weight, space, isTransposed ? 0 : -1);
        if (node.OpType == "Gemm" && (!node.HasInput(2) || view.IsFixed(node.Inputs[2])))
        {
            var bias = node.HasInput(2) ? Wide(view.Fixed(node.Inputs[2]), outputs) : null;
            if (shift is not null) bias = (shift * node.Float("alpha", 1) / node.Float("beta", 1)) is var added && bias is not null ? bias + added : added;
            if (bias is null) return true;
            if (into is not null) bias = matmul(bias, into);
            if (node.HasInput(2)) Put(node, proto, 2, bias, space);
            else
            {
                while (proto.Input.Count > 2) proto.Input.RemoveAt(2);
                proto.Input.Add(Constant($"{node.Name}/bias", bias, space));
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
        proto.Output[0] = surgery.Unused($"{output}/product");
        made.Add(NodeOf(node, "Add", output, proto.Output[0], Constant($"{node.Name}/shift", into is null ? shift : matmul(shift, into), space)));
    }

    private bool Join(ResidualStream stream, Node node, NodeProto proto)
    {
        var (into, space) = (Into(stream, node.Outputs[0]), stream[node.Outputs[0]]);
        for (var input = 0; input < node.Inputs.Length; input++)
        {
            var name = node.Inputs[input];
            if (view.IsFixed(name)) Put(node, proto, input, matmul(Wide(Fixed(node, input), stream.Width), into), space);
            else if (!stream.Axes.ContainsKey(name)) proto.Input[input] = Converted(node, name, into, null, space);
            else if (!stream.IsAbsorbed(name)) proto.Input[input] = Converted(node, proto.Input[input], mm(Back(stream, name), into), told.GetValueOrDefault(name).Shift is { } shift ? matmul(shift, into) : null, space);
        }
        made.Add(proto);
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
            left.Add(view.Base(node.Inputs[1 - operand]));
            return false;
        }
        Put(node, proto, 1 - operand, matmul(value, Into(stream, node.Outputs[0])), stream[node.Outputs[0]]);
        made.Add(proto);
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
        if (isNumber) made.Add(proto);
        else left.Add(view.Base(node.Inputs[1 - operand]));
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
        made.Add(proto);
        if (norm.Adds == node)
        {
            var epsilon = 1 - ResidualStream.Operand(view, node);
            Put(node, proto, epsilon, full([], norm.Epsilon * ratio, ScalarType.Float64));
            factors[proto.Input[epsilon]] = ratio;
        }
        if (node != norm.Nodes[^1]) return true;
        var scale = full([wide], Math.Sqrt(ratio), ScalarType.Float64);
        if (norm.Scales is var (by, at))
        {
            told[norm.Output] = (view.Fixed(by.Inputs[at]).flatten().expand(stream.Width), norm.Adds is null && by.HasInput(2) ? view.Fixed(by.Inputs[2]).flatten().expand(stream.Width) : null);
            Put(node, proto, at, scale);
            factors[proto.Input[at]] = Math.Sqrt(ratio);
        }
        else
        {
            told[norm.Output] = (null, null);
            proto.Output[0] = surgery.Unused($"{norm.Output}/normalized");
            made.Add(NodeOf(node, "Mul", norm.Output, proto.Output[0], Constant($"{node.Name}/scale", scale)));
            factors[made[^1].Input[1]] = Math.Sqrt(ratio);
        }
        if (norm.Adds is not null) return true;
        if (node.HasInput(2)) left.Add(view.Base(node.Inputs[2]));
        while (proto.Input.Count > 2) proto.Input.RemoveAt(2);
        foreach (var old in proto.Attribute.Where(attribute => attribute.Name == "epsilon").ToArray()) proto.Attribute.Remove(old);
        proto.Attribute.Add(new AttributeProto { Name = "epsilon", Type = AttributeProto.Types.AttributeType.Float, F = (float)(norm.Epsilon * ratio) });
        return true;

        static string Inner(Normalization norm) => norm.Output + "/input"; // no value has this name: it is a key alone
    }

    private bool Pass(ResidualStream stream, Node node, NodeProto proto)
    {
        if (told.TryGetValue(node.Inputs[0], out var state)) foreach (var output in node.Outputs) told[output] = state;
        made.Add(proto);
        if (node.OpType is "Reshape" or "Expand") Resize(stream, node, proto);
        return true;
    }

    /// <summary>The width in a node's target.</summary>
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
            proto.Input[1] = surgery.Constant($"{node.Name}/shape", tensor(target));
            left.Add(node.Inputs[1]);
            return;
        }
        var changed = surgery.Unused($"{node.Name}/shape");
        made.Insert(made.IndexOf(proto), NodeOf(node, "Add", changed, proto.Input[1], surgery.Constant($"{node.Name}/narrower", tensor(change))));
        proto.Input[1] = changed;
    }

    /// <summary>A shape that others read stays what it was.</summary>
    private bool Measure(ResidualStream stream, Node node, NodeProto proto)
    {
        made.Add(proto);
        var (axis, rank, less) = (stream.Axes[node.Inputs[0]], view.Rank(node.Inputs[0]), stream.Width - WideOf(stream));
        var change = new long[rank];
        change[axis] = less;
        var (start, end) = (Place(node.Int("start")), Place(node.Int("end", rank)));
        if (less == 0 || axis < start || axis >= end || view.Flow.Readers(node.Outputs[0]).All(IsElsewhere)) return true;
        proto.Output[0] = surgery.Unused($"{node.Outputs[0]}/narrow");
        made.Add(NodeOf(node, "Add", node.Outputs[0], proto.Output[0], surgery.Constant($"{node.Name}/wider", tensor(change[start..end]))));
        return true;

        int Place(long at) => (int)Math.Clamp(at < 0 ? at + rank : at, 0, rank);
        bool IsElsewhere(Node reader) => reader is { OpType: "Gather", Domain: "" } && reader.Inputs[0] == node.Outputs[0] && view.Integers(reader.Inputs[1]) is { } chosen
            && chosen.All(index => (index < 0 ? index + end - start : index) + start != axis);
    }

    /// <summary>The whole width again, under the name that leaves the model.</summary>
    private void Restore(ResidualStream stream, Node node, string output)
    {
        var inner = names.GetValueOrDefault(output, output);
        if (inner == output)
        {
            var maker = made.Last(one => one.Output.Contains(output));
            inner = names[output] = maker.Output[maker.Output.IndexOf(output)] = surgery.Unused($"{output}/turned");
        }
        var shift = told.GetValueOrDefault(output).Shift;
        var product = shift is null ? output : surgery.Unused($"{output}/product");
        made.Add(NodeOf(node, "MatMul", product, inner, Constant($"{node.Name}/back", Back(stream, output))));
        if (shift is not null) made.Add(NodeOf(node, "Add", output, product, Constant($"{node.Name}/shift", shift)));
    }

    private string Converted(Node node, string input, Tensor matrix, Tensor? shift, Space space)
    {
        made.Add(NodeOf(node, "MatMul", surgery.Unused($"{node.Name}/turned"), input, Constant($"{node.Name}/turn", matrix, space)));
        if (shift is not null) made.Add(NodeOf(node, "Add", surgery.Unused($"{node.Name}/shifted"), made[^1].Output[0], Constant($"{node.Name}/shift", shift, space)));
        return made[^1].Output[0];
    }

    private NodeProto NodeOf(Node beside, string type, string output, params string[] inputs)
    {
        var proto = new NodeProto { OpType = type, Name = surgery.Unused($"{beside.Name}/{type}") };
        proto.Input.AddRange(inputs);
        proto.Output.Add(output);
        return proto;
    }

    /// <summary>A fixed operand, with what was added to it.</summary>
    private Tensor Fixed(Node node, int input) => more.Remove((node, input), out var shift) ? view.Fixed(node.Inputs[input]) + shift : view.Fixed(node.Inputs[input]);

    private static Tensor Wide(Tensor value, long width) => value.dim() > 0 && value.shape[^1] == width ? value
        : value.dim() == 0 ? value.expand(width) : value.expand([.. value.shape[..^1], width]);

    /// <summary>Another value in the place of a fixed operand, under the same name where nothing else reads it.</summary>
    /// <param name="node">As it was.</param>
    /// <param name="proto">As it becomes.</param>
    /// <param name="input">The operand's place.</param>
    /// <param name="value">Its elements.</param>
    /// <param name="space">That it writes.</param>
    /// <param name="axis">Of what it writes.</param>
    private void Put(Node node, NodeProto proto, int input, Tensor value, Space? space = null, int axis = -1)
    {
        var (name, single) = (node.Inputs[input], value.to(ScalarType.Float32));
        var isAlone = view.Network.Constants.ContainsKey(name) && view.Network.Graph.Consumers[name].Length == 1 && node.Inputs.Count(other => other == name) == 1 && !view.Flow.Leaving.Contains(name)
            && !node.Captured.Contains(name);
        if (!isAlone && view.Network.Constants.ContainsKey(view.Base(name))) left.Add(view.Base(name));
        Note(proto.Input[input] = isAlone ? surgery.Replace(name, single) : surgery.Constant($"{view.Base(name)}/{node.Name}", single), space, axis);
    }

    private string Constant(string name, Tensor value, Space? space = null) => Note(surgery.Constant(name, value.to(ScalarType.Float32)), space, -1);

    private string Note(string name, Space? space, int axis)
    {
        written.Add(name);
        if (space is { Centred: true }) balanced[name] = axis;
        return name;
    }

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

    /// <summary>Without the constants that nothing reads any more, and what laid them out anew.</summary>
    private OnnxModel Swept()
    {
        var (graph, next) = (model.Proto.Graph, model.Reread());
        while (true)
        {
            NodeProto[] idle = [.. next.Graph.Nodes.Where(node => node is { OpType: "Transpose" or "Identity", Domain: "" } && left.Contains(node.Inputs[0])
                && !node.Outputs.Any(next.Graph.Consumers.ContainsKey) && !next.Graph.Outputs.Any(output => node.Outputs.Contains(output.Name))).Select(node => node.Proto)];
            foreach (var node in idle)
            {
                graph.Node.Remove(node);
                left.Add(node.Output[0]);
            }
            if (idle.Length == 0) break;
            next = model.Reread();
        }
        Leftovers.Drop(graph, left.Where(name => !next.Graph.Consumers.ContainsKey(name) && !next.Graph.Outputs.Any(output => output.Name == name)).ToHashSet());
        return next.Reread();
    }
}
