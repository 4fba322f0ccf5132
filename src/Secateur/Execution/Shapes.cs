using System.Collections.Immutable;
using Secateur.Onnx;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>The shape of every value of a graph, seen in one run of it; of a value in a loop the last.</summary>
public sealed class Shapes
{
    private const long Most = 1 << 28; // elements of an input that is tried with zeros
    private static readonly long?[] Usual = [null, 16, 64, 128, 320, 1];
    private static readonly long?[] Lengths = [256, 512, 1024, 4096, 16000]; // of sound

    private readonly Dictionary<string, ImmutableArray<long>> shapes = [];
    private readonly Dictionary<string, ScalarType> types = [];
    private readonly Dictionary<Node, int> runs = [];
    private readonly Graph graph;
    private readonly Func<string, ImmutableArray<long>>? others;

    private Func<string, long[]?>? computed;

    private Shapes(Graph graph) => this.graph = graph;

    private Shapes(Shapes seen, Func<string, ImmutableArray<long>> others) =>
        (graph, shapes, types, runs, this.others) = (seen.graph, seen.shapes, seen.types, seen.runs, others);

    /// <summary>The shape of a value by its name.</summary>
    public ImmutableArray<long> this[string name] => others is null ? shapes[name] : others(name);

    public bool Has(string name) => shapes.ContainsKey(name);

    /// <summary>The names of all values and constants that have a shape.</summary>
    public IEnumerable<string> Names => shapes.Keys;

    /// <summary>The type of a value's elements as LibTorch holds them.</summary>
    public ScalarType TypeOf(string name) => types[name];

    /// <summary>The same graph with other shapes, such as after channels were removed. Nothing is run: types and counts of runs stay.</summary>
    /// <param name="shapeOf">The shape of every value that has one now, by its name; asked anew each time.</param>
    public Shapes With(Func<string, ImmutableArray<long>> shapeOf) => new(this, shapeOf);

    /// <summary>How often a node ran: 0 in a branch that was not taken, more than once in a loop.</summary>
    public int Runs(Node node) => runs.GetValueOrDefault(node);

    public long Elements(string name) => this[name].Aggregate(1L, (product, size) => product * size);

    /// <summary>
    /// The elements of integers that are always the same, such as the axes that an operator is told; null for what the data decides or of
    /// another type.
    /// </summary>
    public long[]? Integers(string name) => graph.Constants.GetValueOrDefault(name) is { } constant ? constant.Integers() : computed?.Invoke(name);

    /// <summary>Lets <see cref="Integers"/> know values that are computed, but always the same.</summary>
    internal void Learn(Func<string, long[]?> integers) => computed = integers;

    /// <summary>The elements of a constant of float32, such as the scales that an operator is told; null for what is computed or of another type.</summary>
    public float[]? Floats(string name) =>
        graph.Constants.GetValueOrDefault(name) is { } tensor && tensor.Type() == DataType.Float ? tensor.ToArray<float>() : null;

    /// <summary>The nodes that read a value; none where it leaves the graph.</summary>
    public ImmutableArray<Node> Readers(string name) =>
        graph.Outputs.Any(output => output.Name == name) ? [] : graph.Consumers.GetValueOrDefault(name, []);

    /// <summary>Runs the network once on zeros.</summary>
    /// <param name="network">The network to look at.</param>
    /// <param name="batch">The size put for the first dimension of an input where the file leaves it open.</param>
    /// <param name="inputs">
    /// Shapes of inputs by name; for those not named, other open dimensions take the first of some usual sizes that the network runs on:
    /// sides of pictures 224, all others 1; where it runs on no one size for all, on one for the first input and 1 for the others.
    /// </param>
    /// <param name="sides">Sizes to try for other open dimensions, in this order; the usual ones where none are given.</param>
    /// <exception cref="SecateurException">It runs on none of them; the message is that for the first.</exception>
    public static Shapes Of(Network network, long batch = 1, IReadOnlyDictionary<string, long[]>? inputs = null, params IEnumerable<long?> sides)
    {
        SecateurException? first = null;
        Value[] left = [.. network.Graph.Inputs.Where(input => input.IsOpen && inputs?.ContainsKey(input.Name) != true)];
        var isLine = left.All(input => input.Shape.Length < 4); // sides of pictures are no thousands
        foreach (var open in sides.Concat(Usual).Concat(isLine ? Lengths : []).Distinct())
            if (Tried(_ => open) is { } shapes) return shapes;
            else if (left.Length == 0) throw first!;
        if (left.Length > 1) // such as a sound, and a state whose batch has no name
            foreach (var open in Usual.Concat(isLine ? Lengths : []))
                if (Tried(input => input == left[0] ? open : null) is { } shapes) return shapes;
        throw first!;

        Shapes? Tried(Func<Value, long?> open)
        {
            try
            {
                return At(network, input => inputs?.GetValueOrDefault(input.Name) ?? network.Graph.ShapeWith(input, batch, open(input)));
            }
            catch (SecateurException e)
            {
                first ??= e;
                return null;
            }
        }
    }

    /// <summary>Runs the network once on inputs that are filled with one number.</summary>
    /// <param name="network">The network to look at.</param>
    /// <param name="shapeOf">The shape of an input.</param>
    /// <param name="fill">The number, in the input's type.</param>
    internal static Shapes At(Network network, Func<Value, long[]> shapeOf, float fill = 0)
    {
        var seen = new Shapes(network.Graph);
        void See(string name, Tensor tensor) => (seen.shapes[name], seen.types[name]) = ([.. tensor.shape], tensor.dtype);
        foreach (var (name, constant) in network.Constants) See(name, constant);
        foreach (var (name, shape) in network.Folding.Shapes) (seen.shapes[name], seen.types[name]) = (shape, network.Folding.Values.GetValueOrDefault(name)?.dtype ?? ScalarType.Float32);
        foreach (var node in network.Folding.Nodes) seen.runs[node] = 1;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var inputs = network.Graph.Inputs.Where(input => TorchTensors.Holds(input.Type)).ToDictionary(input => input.Name, input => Filled(input, shapeOf(input), fill));
        foreach (var (name, tensor) in inputs) See(name, tensor);
        network.Run(inputs, default, (node, given, outputs) =>
        {
            seen.runs[node] = seen.Runs(node) + 1;
            foreach (var (name, input) in node.Inputs.Zip(given)) // those that a subgraph is handed are made by no node
                if (input is not null) See(name, input);
            foreach (var (name, output) in node.Outputs.Zip(outputs))
                if (output is not null) See(name, output);
        });
        return seen;
    }

    private static Tensor Filled(Value input, long[] shape, float fill)
    {
        var elements = shape.Aggregate((UInt128)1, (product, size) => UInt128.Min(product, ulong.MaxValue) * (ulong)size);
        if (shape.Length > 64 || elements > Most)
            throw new SecateurException($"input '{input.Name}': of shape [{string.Join(", ", shape.Take(10))}] it has over {Most:N0} elements, too many to try; give a smaller --shape");
        var tensor = zeros(shape, TorchTensors.TypeOf(input.Type));
        return fill == 0 ? tensor : tensor.fill_(fill);
    }
}
