using System.Collections.Frozen;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>What a learned constant is to its operator. Only weights are pruned.</summary>
public enum LearnedKind
{
    Weight,
    Bias,
    Scale,
    Embedding,

    /// <summary>A running mean or variance: training changes it, but not by a gradient.</summary>
    Statistic,
}

/// <summary>A node's input that training changes where it is a constant.</summary>
/// <param name="Input">Its place among the node's inputs.</param>
/// <param name="Kind">What it is.</param>
/// <param name="OutputAxis">Of a weight: the axis that counts the outputs.</param>
/// <param name="Rank">The axes that the constant must have to be learned; 0: any number.</param>
/// <param name="Smallest">The elements that it must have at least: the 2 in x / 2 is no scale.</param>
/// <param name="InputAxis">Of a weight: the axis that counts the inputs; -1: the first that is not the outputs'.</param>
public readonly record struct Learned(int Input, LearnedKind Kind, int OutputAxis = 0, int Rank = 0, int Smallest = 1, int InputAxis = -1)
{
    /// <summary>Whether a constant at this input is one that training changes.</summary>
    /// <param name="shape">As the node reads it.</param>
    public bool Fits(long[] shape) => (Kind != LearnedKind.Weight || shape.Length > Math.Max(OutputAxis, InputAxis)) && (Rank == 0 || shape.Length == Rank) && shape.Product() >= Smallest;
}

/// <summary>All that Secateur knows of one ONNX operator: how it runs, what is learned, what it costs, how its axes are tied.</summary>
public abstract class Operator
{
    /// <summary>By operator type; operators outside ONNX's own domain as <c>domain.Type</c>.</summary>
    public static FrozenDictionary<string, Operator> All { get; } = new Dictionary<string, Operator>
    {
        ["Abs"] = new Abs(),
        ["Acos"] = new Acos(),
        ["Acosh"] = new Acosh(),
        ["Add"] = new Add(),
        ["AffineGrid"] = new AffineGrid(),
        ["And"] = new And(),
        ["ArgMax"] = new ArgMax(),
        ["ArgMin"] = new ArgMin(),
        ["Asin"] = new Asin(),
        ["Asinh"] = new Asinh(),
        ["Atan"] = new Atan(),
        ["Atanh"] = new Atanh(),
        ["Attention"] = new Attention(),
        ["AveragePool"] = new AveragePool(),
        ["BatchNormalization"] = new BatchNormalization(),
        ["Bernoulli"] = new Bernoulli(),
        ["BitShift"] = new BitShift(),
        ["BitwiseAnd"] = new BitwiseAnd(),
        ["BitwiseNot"] = new BitwiseNot(),
        ["BitwiseOr"] = new BitwiseOr(),
        ["BitwiseXor"] = new BitwiseXor(),
        ["BlackmanWindow"] = new BlackmanWindow(),
        ["Cast"] = new Cast(),
        ["CastLike"] = new CastLike(),
        ["Ceil"] = new Ceil(),
        ["Celu"] = new Celu(),
        ["CenterCropPad"] = new CenterCropPad(),
        ["Clip"] = new Clip(),
        ["Col2Im"] = new Col2Im(),
        ["Compress"] = new Compress(),
        ["Concat"] = new Concat(),
        ["ConcatFromSequence"] = new ConcatFromSequence(),
        ["Constant"] = new Constant(),
        ["ConstantOfShape"] = new ConstantOfShape(),
        ["Conv"] = new Conv(),
        ["ConvInteger"] = new ConvInteger(),
        ["ConvTranspose"] = new ConvTranspose(),
        ["Cos"] = new Cos(),
        ["Cosh"] = new Cosh(),
        ["CumSum"] = new CumSum(),
        ["DeformConv"] = new DeformConv(),
        ["DepthToSpace"] = new DepthToSpace(),
        ["DequantizeLinear"] = new DequantizeLinear(),
        ["Det"] = new Det(),
        ["DFT"] = new DFT(),
        ["Div"] = new Div(),
        ["Dropout"] = new Dropout(),
        ["DynamicQuantizeLinear"] = new DynamicQuantizeLinear(),
        ["Einsum"] = new Einsum(),
        ["Elu"] = new Elu(),
        ["Equal"] = new Equal(),
        ["Erf"] = new Erf(),
        ["Exp"] = new Exp(),
        ["Expand"] = new Expand(),
        ["EyeLike"] = new EyeLike(),
        ["Flatten"] = new Flatten(),
        ["Floor"] = new Floor(),
        ["Gather"] = new Gather(),
        ["GatherElements"] = new GatherElements(),
        ["GatherND"] = new GatherND(),
        ["Gelu"] = new Gelu(),
        ["Gemm"] = new Gemm(),
        ["GlobalAveragePool"] = new GlobalAveragePool(),
        ["GlobalLpPool"] = new GlobalLpPool(),
        ["GlobalMaxPool"] = new GlobalMaxPool(),
        ["Greater"] = new Greater(),
        ["GreaterOrEqual"] = new GreaterOrEqual(),
        ["GridSample"] = new GridSample(),
        ["GroupNormalization"] = new GroupNormalization(),
        ["GRU"] = new GRU(),
        ["HammingWindow"] = new HammingWindow(),
        ["HannWindow"] = new HannWindow(),
        ["Hardmax"] = new Hardmax(),
        ["HardSigmoid"] = new HardSigmoid(),
        ["HardSwish"] = new HardSwish(),
        ["Identity"] = new Identity(),
        ["If"] = new If(),
        ["InstanceNormalization"] = new InstanceNormalization(),
        ["IsInf"] = new IsInf(),
        ["IsNaN"] = new IsNaN(),
        ["LayerNormalization"] = new LayerNormalization(),
        ["LeakyRelu"] = new LeakyRelu(),
        ["Less"] = new Less(),
        ["LessOrEqual"] = new LessOrEqual(),
        ["Log"] = new Log(),
        ["LogSoftmax"] = new LogSoftmax(),
        ["Loop"] = new Loop(),
        ["LpNormalization"] = new LpNormalization(),
        ["LpPool"] = new LpPool(),
        ["LRN"] = new LRN(),
        ["LSTM"] = new LSTM(),
        ["MatMul"] = new MatMul(),
        ["MatMulInteger"] = new MatMulInteger(),
        ["Max"] = new Max(),
        ["MaxPool"] = new MaxPool(),
        ["MaxRoiPool"] = new MaxRoiPool(),
        ["MaxUnpool"] = new MaxUnpool(),
        ["Mean"] = new Mean(),
        ["MeanVarianceNormalization"] = new MeanVarianceNormalization(),
        ["MelWeightMatrix"] = new MelWeightMatrix(),
        ["Min"] = new Min(),
        ["Mish"] = new Mish(),
        ["Mod"] = new Mod(),
        ["Mul"] = new Mul(),
        ["Multinomial"] = new Multinomial(),
        ["Neg"] = new Neg(),
        ["NegativeLogLikelihoodLoss"] = new NegativeLogLikelihoodLoss(),
        ["NonMaxSuppression"] = new NonMaxSuppression(),
        ["NonZero"] = new NonZero(),
        ["Not"] = new Not(),
        ["OneHot"] = new OneHot(),
        ["Optional"] = new Optional(),
        ["OptionalGetElement"] = new OptionalGetElement(),
        ["OptionalHasElement"] = new OptionalHasElement(),
        ["Or"] = new Or(),
        ["Pad"] = new Pad(),
        ["Pow"] = new Pow(),
        ["PRelu"] = new PRelu(),
        ["QLinearConv"] = new QLinearConv(),
        ["QLinearMatMul"] = new QLinearMatMul(),
        ["QuantizeLinear"] = new QuantizeLinear(),
        ["RandomNormal"] = new RandomNormal(),
        ["RandomNormalLike"] = new RandomNormal(),
        ["RandomUniform"] = new RandomUniform(),
        ["RandomUniformLike"] = new RandomUniform(),
        ["Range"] = new Range(),
        ["Reciprocal"] = new Reciprocal(),
        ["ReduceL1"] = new ReduceL1(),
        ["ReduceL2"] = new ReduceL2(),
        ["ReduceLogSum"] = new ReduceLogSum(),
        ["ReduceLogSumExp"] = new ReduceLogSumExp(),
        ["ReduceMax"] = new ReduceMax(),
        ["ReduceMean"] = new ReduceMean(),
        ["ReduceMin"] = new ReduceMin(),
        ["ReduceProd"] = new ReduceProd(),
        ["ReduceSum"] = new ReduceSum(),
        ["ReduceSumSquare"] = new ReduceSumSquare(),
        ["RegexFullMatch"] = new RegexFullMatch(),
        ["Relu"] = new Relu(),
        ["Reshape"] = new Reshape(),
        ["Resize"] = new Resize(),
        ["ReverseSequence"] = new ReverseSequence(),
        ["RMSNormalization"] = new RMSNormalization(),
        ["RNN"] = new RNN(),
        ["RoiAlign"] = new RoiAlign(),
        ["RotaryEmbedding"] = new RotaryEmbedding(),
        ["Round"] = new Round(),
        ["Scan"] = new Scan(),
        ["Scatter"] = new ScatterElements(),
        ["ScatterElements"] = new ScatterElements(),
        ["ScatterND"] = new ScatterND(),
        ["Selu"] = new Selu(),
        ["SequenceAt"] = new SequenceAt(),
        ["SequenceConstruct"] = new SequenceConstruct(),
        ["SequenceEmpty"] = new SequenceEmpty(),
        ["SequenceErase"] = new SequenceErase(),
        ["SequenceInsert"] = new SequenceInsert(),
        ["SequenceLength"] = new SequenceLength(),
        ["SequenceMap"] = new SequenceMap(),
        ["Shape"] = new Shape(),
        ["Shrink"] = new Shrink(),
        ["Sigmoid"] = new Sigmoid(),
        ["Sign"] = new Sign(),
        ["SimplifiedLayerNormalization"] = new SimplifiedLayerNormalization(),
        ["Sin"] = new Sin(),
        ["Sinh"] = new Sinh(),
        ["Size"] = new Size(),
        ["Slice"] = new Slice(),
        ["Softmax"] = new Softmax(),
        ["SoftmaxCrossEntropyLoss"] = new SoftmaxCrossEntropyLoss(),
        ["Softplus"] = new Softplus(),
        ["Softsign"] = new Softsign(),
        ["SpaceToDepth"] = new SpaceToDepth(),
        ["Split"] = new Split(),
        ["SplitToSequence"] = new SplitToSequence(),
        ["Sqrt"] = new Sqrt(),
        ["Squeeze"] = new Squeeze(),
        ["STFT"] = new STFT(),
        ["StringConcat"] = new StringConcat(),
        ["StringNormalizer"] = new StringNormalizer(),
        ["StringSplit"] = new StringSplit(),
        ["Sub"] = new Sub(),
        ["Sum"] = new Sum(),
        ["Swish"] = new Swish(),
        ["Tan"] = new Tan(),
        ["Tanh"] = new Tanh(),
        ["TfIdfVectorizer"] = new TfIdfVectorizer(),
        ["ThresholdedRelu"] = new ThresholdedRelu(),
        ["Tile"] = new Tile(),
        ["TopK"] = new TopK(),
        ["Transpose"] = new Transpose(),
        ["Trilu"] = new Trilu(),
        ["Unique"] = new Unique(),
        ["Unsqueeze"] = new Unsqueeze(),
        ["Upsample"] = new Upsample(),
        ["Where"] = new Where(),
        ["Xor"] = new Xor(),
        ["ai.onnx.preview.training.Adagrad"] = new AdagradStep(),
        ["ai.onnx.preview.training.Adam"] = new AdamStep(),
        ["ai.onnx.preview.training.Momentum"] = new MomentumStep(),
        ["com.microsoft.Attention"] = new PackedAttention(),
        ["com.microsoft.BiasGelu"] = new BiasGelu(),
        ["com.microsoft.DequantizeLinear"] = new DequantizeLinear(),
        ["com.microsoft.DynamicQuantizeMatMul"] = new DynamicQuantizeMatMul(),
        ["com.microsoft.EmbedLayerNormalization"] = new EmbedLayerNormalization(),
        ["com.microsoft.ExpandDims"] = new ExpandDims(),
        ["com.microsoft.FastGelu"] = new FastGelu(),
        ["com.microsoft.FusedConv"] = new FusedConv(),
        ["com.microsoft.FusedGemm"] = new FusedGemm(),
        ["com.microsoft.FusedMatMul"] = new FusedMatMul(),
        ["com.microsoft.Gelu"] = new Gelu(),
        ["com.microsoft.GridSample"] = new GridSample(),
        ["com.microsoft.GroupQueryAttention"] = new GroupQueryAttention(),
        ["com.microsoft.Inverse"] = new Inverse(),
        ["com.microsoft.MatMulIntegerToFloat"] = new MatMulIntegerToFloat(),
        ["com.microsoft.MatMulNBits"] = new MatMulNBits(),
        ["com.microsoft.MultiHeadAttention"] = new MultiHeadAttention(),
        ["com.microsoft.Pad"] = new Pad(),
        ["com.microsoft.QAttention"] = new QAttention(),
        ["com.microsoft.QGemm"] = new QGemm(),
        ["com.microsoft.QLinearAdd"] = new QLinearAdd(),
        ["com.microsoft.QLinearAveragePool"] = new QLinearAveragePool(),
        ["com.microsoft.QLinearConcat"] = new QLinearConcat(),
        ["com.microsoft.QLinearConv"] = new QLinearConv(),
        ["com.microsoft.QLinearGlobalAveragePool"] = new QLinearGlobalAveragePool(),
        ["com.microsoft.QLinearLeakyRelu"] = new QLinearLeakyRelu(),
        ["com.microsoft.QLinearMul"] = new QLinearMul(),
        ["com.microsoft.QLinearSigmoid"] = new QLinearSigmoid(),
        ["com.microsoft.QLinearSoftmax"] = new QLinearSoftmax(),
        ["com.microsoft.QuantizeLinear"] = new QuantizeLinear(),
        ["com.microsoft.QuickGelu"] = new QuickGelu(),
        ["com.microsoft.RotaryEmbedding"] = new CachedRotaryEmbedding(),
        ["com.microsoft.SkipLayerNormalization"] = new SkipLayerNormalization(),
        ["com.microsoft.SkipSimplifiedLayerNormalization"] = new SkipSimplifiedLayerNormalization(),
        ["com.microsoft.TransposeMatMul"] = new FusedMatMul(),
        ["com.microsoft.Trilu"] = new Trilu(),
    }.ToFrozenDictionary();

    /// <exception cref="SecateurException">The operator is not known; the message names node and file.</exception>
    public static Operator For(Node node, string path) =>
        All.GetValueOrDefault(node.Domain.Length == 0 ? node.OpType : $"{node.Domain}.{node.OpType}")
        ?? throw new SecateurException($"{path}: node '{node.Name}' is of the unknown type {(node.Domain.Length == 0 ? "" : node.Domain + ".")}{node.OpType}; "
            + "export the model with ONNX's standard operators");

    /// <summary>Runs the node with autograd.</summary>
    /// <param name="node">The node with its attributes.</param>
    /// <param name="inputs">In the node's order; null for an optional input left out.</param>
    /// <param name="mode">Training or use.</param>
    /// <returns>In the node's order; allocates freely, disposes nothing.</returns>
    public abstract Tensor[] Run(Node node, Tensor?[] inputs, Mode mode);

    /// <summary>Runs the node on values that may be sequences too; most operators take tensors alone.</summary>
    /// <param name="node">The node with its attributes.</param>
    /// <param name="inputs">In the node's order: tensors, sequences, null for an optional input left out.</param>
    /// <param name="mode">Training or use.</param>
    /// <param name="run">Runs a graph that the node holds.</param>
    /// <exception cref="SecateurException">A sequence is given where a tensor is needed.</exception>
    internal virtual IDisposable[] RunValues(Node node, IDisposable?[] inputs, Mode mode, Subgraph run) => Run(node, node.Tensors(inputs), mode);

    /// <summary>Whether equal inputs always give equal outputs: it draws no numbers, and does the same in training and in use.</summary>
    internal virtual bool Repeats => true;

    /// <summary>The inputs that are learned where they are constants.</summary>
    public virtual IEnumerable<Learned> Learned(Node node) => [];

    /// <summary>How the first output is the first input laid out anew, where the node does nothing else (a cast between floats counts as nothing).</summary>
    /// <param name="node">The node with its attributes.</param>
    /// <param name="integers">The elements of an integer input by its place; null where the file does not tell them.</param>
    /// <returns>From the input's layout to the output's, null where the file does not tell its shape; null where the node does something else.</returns>
    internal virtual Func<AxisLayout, AxisLayout?>? Relayout(Node node, Func<int, long[]?> integers) => null;

    /// <summary>Multiply-accumulates of one run; zero for what only moves or compares.</summary>
    public virtual long Macs(Node node, Shapes shapes) => 0;

    /// <summary>Why an axis of which it says nothing more stays whole: what follows the node's name in a sentence.</summary>
    public virtual string WhyWhole => Unsaid;

    internal const string Unsaid = "does not say how its axes are tied";

    /// <summary>States which axes of inputs and outputs must shrink together, and which are summed over. An axis of which nothing is said may not shrink.</summary>
    public virtual void Tie(Node node, Shapes shapes, Ties ties) => ties.Block(node);

    /// <summary>The inputs whose numbers are sizes or places along axes; <see cref="Mend"/> says what they become. A number that others compute with stays as it was.</summary>
    public virtual IEnumerable<int> Sizes(Node node) => [];

    /// <summary>States which sizes in attributes and inputs must be others where axes shrink. Asked where some axis of the node does, or a size is computed.</summary>
    public virtual void Mend(Node node, Mending mending) { }
}
