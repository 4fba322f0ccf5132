using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using TorchSharp;
using TorchSharp.Modules;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>Sees a node's inputs and outputs as it is run, in a loop each time; null stands for sequences. The tensors are the network's: use them, keep none.</summary>
public delegate void Observer(Node node, IReadOnlyList<Tensor?> inputs, IReadOnlyList<Tensor?> outputs);

/// <summary>A graph that runs on LibTorch, with gradients for all that is learned.</summary>
public sealed class Network : IDisposable
{
    private const long Large = 32 << 20; // elements

    private readonly Dictionary<string, Tensor> constants = [];
    private readonly Dictionary<string, Parameter> parameters = [];
    private readonly Dictionary<string, Texts> texts = [];
    private readonly Dictionary<string, ScalarType> masters = []; // of halves, by the type that is read of them
    private readonly Dictionary<string, string> casts; // a value by the one that it is but for its type
    private readonly Plan plan;
    private readonly bool isLarge, takesOver;
    private Segments? segments;

    /// <param name="model">The graph and its constants.</param>
    /// <param name="takesOver">Whether the model's own copy of the constants is given up while the network lives; <see cref="Store"/> fills it again.</param>
    /// <exception cref="SecateurException">An operator is not known, or a weight holds NaN or infinity; the message names it.</exception>
    public Network(OnnxModel model, bool takesOver = false)
    {
        NativeRuntime.Prepare();
        (Model, this.takesOver) = (model, takesOver);
        var uses = LearnedUse.Of(model);
        var learned = uses.Where(use => use.Layout is not null).ToLookup(use => use.Name);
        var released = 0L;
        foreach (var (name, proto) in Graph.Constants)
        {
            if (proto.Type() == DataType.String) texts[name] = Texts.Of(proto);
            if (!TorchTensors.Holds(proto.Type())) continue; // a node that reads it says so when it is run
            using var scope = NewDisposeScope(); // what is laid out anew is there twice
            var tensor = proto.ToTorch();
            if (learned[name].Any(use => use.IsDirect && use.Node.OpType == "Conv")) tensor = ChannelsLast(tensor);
            tensor.DetachFromDisposeScope();
            var kinds = learned[name].Select(use => use.Role.Kind).Distinct().ToArray();
            if (kinds.Length > 0 && !kinds.Contains(LearnedKind.Statistic) && IsStored(proto) && !IsBound(tensor, kinds[0]))
            {
                CheckFinite(tensor, name);
                var parameter = new Parameter(tensor, requires_grad: true);
                parameter.DetachFromDisposeScope();
                (parameters[name], tensor) = (parameter, parameter);
            }
            constants[name] = tensor;
            if (kinds.Length > 0 && Halves.Of(proto.Type()) is { } half) masters[name] = half;
            if (!takesOver || !IsStored(proto)) continue;
            proto.Release();
            released += tensor.numel();
            if (released < Large) continue;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true); // the only mode that gives the pages back
            released = 0;
        }
        Folding = new Folding(model, constants, uses.Select(use => use.Name).ToHashSet());
        plan = new Plan(model, Folding.Nodes, uses.SelectMany(use => use.Between).ToHashSet(), masters);
        casts = model.Graph.AllNodes.Where(node => node is { Domain: "", Inputs: [_], Outputs: [not ""], OpType: "Identity" or "Cast" } && Operator.For(node, model.Path).Relayout(node, _ => null) is not null)
            .ToDictionary(node => node.Outputs[0], node => node.Inputs[0]);
        isLarge = constants.Values.Sum(tensor => tensor.numel()) >= Large;
        Weights = [.. learned.Where(uses => parameters.ContainsKey(uses.Key) && uses.First() is { Role.Kind: LearnedKind.Weight, Unfit.Length: 0 })
            .Select(uses => new Weight(parameters[uses.Key], uses.First(), TensorData.Width(Graph.Constants[uses.Key].Type())))];
    }

    public OnnxModel Model { get; }

    public Graph Graph => Model.Graph;

    /// <summary>All constant tensors that can be computed with, learned ones among them, by name; texts are not.</summary>
    public IReadOnlyDictionary<string, Tensor> Constants => constants;

    /// <summary>All that training changes: weights, biases, scales, embeddings. By name, in the file's order. float64 where the file has it, else float32, also where the file has float16 or bfloat16: nodes read, and <see cref="Store"/> writes, the nearest numbers of that type.</summary>
    public IReadOnlyDictionary<string, Parameter> Parameters => parameters;

    /// <summary>The weights that can be pruned, in the graph's order.</summary>
    public ImmutableArray<Weight> Weights { get; }

    /// <summary>What was computed from constants alone when the network was made; no run computes or shows it again.</summary>
    internal Folding Folding { get; }

    /// <summary>The constant that a value is, be it of another type; null where it is computed.</summary>
    internal string? Behind(string value)
    {
        while (!constants.ContainsKey(value))
            if (!casts.TryGetValue(value, out value!)) return null;
        return value;
    }

    /// <summary>Whether one node alone reads a value, and, if it is a constant of another type, that constant.</summary>
    internal bool IsReadOnce(string value)
    {
        while (Graph.Consumers.TryGetValue(value, out var readers) && readers.Length == 1)
            if (constants.ContainsKey(value) || !casts.TryGetValue(value, out value!)) return true;
        return false;
    }

    /// <summary>Runs the graph. Every value is freed after its last use, but for what autograd keeps of it.</summary>
    /// <param name="inputs">A tensor for each of the graph's inputs, by name.</param>
    /// <param name="mode">Training or use.</param>
    /// <param name="observe">Called after each node.</param>
    /// <returns>The graph's outputs in its order; they belong to the caller's dispose scope.</returns>
    /// <exception cref="SecateurException">An input is missing, or a node cannot run on what it is given; the message names it.</exception>
    public Tensor[] Run(IReadOnlyDictionary<string, Tensor> inputs, Mode mode = default, Observer? observe = null) =>
        Tensors(RunValues(inputs.GetValueOrDefault, mode, observe));

    /// <summary>Outputs, which must be tensors.</summary>
    /// <exception cref="SecateurException">One is a sequence or none; the message names it.</exception>
    internal Tensor[] Tensors(IEnumerable<IDisposable?> outputs) =>
        [.. outputs.Select((value, i) => value as Tensor
            ?? throw new SecateurException($"{Model.Path}: output '{Graph.Outputs[i].Name}' is {(value is Sequence ? "a sequence of tensors" : value.Described())}; export the model with tensors as its outputs"))];

    /// <summary>Runs the graph as above; what enters and leaves may be a sequence.</summary>
    /// <param name="inputs">The value of an input by its name; null where there is none.</param>
    /// <param name="mode">Training or use.</param>
    /// <param name="observe">Called after each node.</param>
    internal IDisposable[] RunValues(Func<string, IDisposable?> inputs, Mode mode = default, Observer? observe = null)
    {
        using var quiet = QuietHeap.EnterBriefly();
        return Begin(inputs, mode, observe).Run(Graph);
    }

    /// <summary>The steps of the graph itself, those of subgraphs left out.</summary>
    internal ImmutableArray<Step> Steps => plan.Of(Graph).Steps;

    /// <summary>Nodes that hand on one of their inputs, by its place, instead of being run: what is left out while it is still there. None unless told.</summary>
    internal IDictionary<Node, int> Shortcuts => plan.Shortcuts;

    /// <summary>A run that has its inputs, before its first step.</summary>
    internal Pass Begin(Func<string, IDisposable?> inputs, Mode mode = default, Observer? observe = null) => new(plan, Start(inputs), mode, observe);

    /// <summary>Runs the graph for a gradient with less memory and more work: see <see cref="CheckpointedRun"/>.</summary>
    /// <param name="inputs">As for <see cref="Run"/>.</param>
    /// <param name="mode">Training or use.</param>
    internal CheckpointedRun RunCheckpointed(IReadOnlyDictionary<string, Tensor> inputs, Mode mode) =>
        new(plan, plan.Of(Graph), Segments, Start(inputs.GetValueOrDefault), mode);

    /// <summary>Of <see cref="RunCheckpointed"/>.</summary>
    internal Segments Segments => segments ??= Segments.Of(this, plan.Of(Graph));


    /// <summary>Writes all learned tensors and running statistics back into the model.</summary>
    public void Store()
    {
        foreach (var (name, tensor) in constants)
            if (IsStored(Graph.Constants[name])) tensor.Store(Graph.Constants[name]);
    }

    /// <summary>What is made of the model with the values that the network has now; a network that took over its model's constants gives them up again.</summary>
    internal OnnxModel Stored(Func<OnnxModel, OnnxModel> make)
    {
        Store();
        var made = make(Model);
        if (!takesOver) return made;
        foreach (var name in constants.Keys)
            if (IsStored(Graph.Constants[name])) Graph.Constants[name].Release();
        return made;
    }

    public void Dispose()
    {
        foreach (var tensor in constants.Values) tensor.Dispose();
        Folding.Dispose();
        if (isLarge) NativeRuntime.Trim();
    }

    /// <summary>The values before the first node: constants and inputs, by slot.</summary>
    private IDisposable?[] Start(Func<string, IDisposable?> inputs)
    {
        var values = new IDisposable?[plan.Slots];
        foreach (var (name, tensor) in constants.Concat(Folding.Values)) values[plan[name]] = tensor;
        foreach (var (name, text) in texts) values[plan[name]] = text;
        foreach (var input in Graph.Inputs)
        {
            if (inputs(input.Name) is { } given) values[plan[input.Name]] = Halves.Of(input.Type) is { } half && given is Tensor numbers ? numbers.Rounded(half) : given;
            else if (input.Type == 0 || TorchTensors.Holds(input.Type)) throw new SecateurException(
                $"{Model.Path}: the data has no '{input.Name}', which the model asks for; name the array or column so, or map it in a YAML file");
        }
        return values;
    }

    /// <summary>Whether what is learned of it goes back into the file.</summary>
    private static bool IsStored(TensorProto proto) => TorchTensors.IsLearnable(proto.Type());

    /// <summary>The same values with the channels next to each other in memory: oneDNN then runs a convolution without reordering what goes in and out.</summary>
    private static Tensor ChannelsLast(Tensor kernel) =>
        kernel.dim() == 4 && kernel.shape[1] > 1 ? kernel.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : kernel;

    /// <summary>An operand of infinities, such as an attention mask, bounds values; it is not learned.</summary>
    private static bool IsBound(Tensor tensor, LearnedKind kind)
    {
        using var scope = NewDisposeScope();
        return kind is LearnedKind.Bias or LearnedKind.Scale && tensor.isinf().any().item<bool>();
    }

    private void CheckFinite(Tensor tensor, string name)
    {
        if (!tensor.AllFinite())
            throw new SecateurException($"{Model.Path}: weight '{name}' holds NaN or infinity; train or export the model again");
    }
}
