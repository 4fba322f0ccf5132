using Secateur.Data;
using Secateur.Execution;
using Secateur.Pruning;
using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>Trains a network on examples under masks, any number of steps at a time. Everything random follows from the seed and the step alone.</summary>
internal sealed class Trainer : IDisposable
{
    private const double MostValues = 1 << 29; // in a batch: with their gradients 4 GB

    private readonly Network network;
    private readonly Network? teacher;
    private readonly Objective objective;
    private readonly Examples examples;
    private readonly Binding binding;
    private readonly TrainingRecipe recipe;
    private readonly Masks masks;
    private readonly long seed;
    private (long Epoch, Batch[] Batches) shuffled = (-1, []);

    public Trainer(Network network, Network? teacher, Objective objective, Examples examples, TrainingRecipe recipe, Masks masks, long seed)
    {
        (this.network, this.teacher, this.objective, this.examples) = (network, teacher, objective, examples);
        (this.recipe, this.masks, this.seed) = (recipe, masks, seed);
        binding = Binding.Of(network.Graph, examples);
        Optimizer = Optimizer.All[recipe.Optimizer](network.Parameters, recipe);
    }

    /// <summary>Of an epoch; unless told those that fit the network.</summary>
    public Batches Batches { get => field ??= BatchesOf(network, examples, recipe); init; }

    /// <summary>See <see cref="Batches.PerEpoch"/>.</summary>
    public long StepsPerEpoch => Batches.PerEpoch;

    public Optimizer Optimizer { get; }

    /// <summary>By which the recipe's learning rate is multiplied.</summary>
    public double Pace { get; set; } = 1;

    /// <summary>Whether a training takes batch normalization's statistics as they are.</summary>
    public static bool Freezes(TrainingRecipe recipe, Objective objective) => recipe.FrozenStatistics ?? objective.Teacher == 1;

    /// <summary>The steps of a training: of the recipe's size, or what the graph is fixed to, or all there are; smaller where the values in between would not fit into memory.</summary>
    public static Batches BatchesOf(Network network, Examples examples, TrainingRecipe recipe) =>
        new(examples, Binding.Of(network.Graph, examples), recipe.Batch, MostElements(network, examples));

    /// <summary>Elements of the inputs of a batch whose values in between, with their gradients, fit into memory.</summary>
    public static long MostElements(Network network, Examples examples)
    {
        var binding = Binding.Of(network.Graph, examples);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (inputs, values) = (binding.Bind(examples.Read(new long[binding.FixedBatch ?? 1])), 0L);
        network.Run(inputs, default, (_, _, outputs) => values += outputs.Sum(output => output?.numel() ?? 0));
        var ratio = Math.Max(1, (double)values / inputs.Values.Sum(input => input.numel()));
        return (long)Math.Min(Batches.MostElements, MostValues / ratio);
    }

    /// <summary>Runs steps from one up to another of a training.</summary>
    /// <param name="from">The first step.</param>
    /// <param name="to">One past the last.</param>
    /// <param name="of">All steps of the training, for the learning rate.</param>
    /// <param name="report">Called with the step and the loss, some times a second.</param>
    /// <param name="cancel">Looked at before each step.</param>
    /// <exception cref="SecateurException">It diverged.</exception>
    public void Run(long from, long to, long of, Action<long, double> report, CancellationToken cancel)
    {
        if (!TryRun(from, to, of, report, cancel))
            throw new SecateurException($"training diverged before step {to}: the loss is not finite; take a lower learning rate (--lr {recipe.LearningRate / 10:g2})");
    }

    /// <summary>As <see cref="Run"/>; false as soon as the loss is not finite.</summary>
    public bool TryRun(long from, long to, long of, Action<long, double> report, CancellationToken cancel)
    {
        using var quiet = QuietHeap.Enter();
        using var total = new LossMean();
        for (var step = from; step < to; step++)
        {
            cancel.ThrowIfCancellationRequested();
            QuietHeap.Breathe();
            using var scope = NewDisposeScope();
            manual_seed(Seeds.Derive(seed, "dropout", step));
            Optimizer.Clear();
            var loss = Learn(step);
            Optimizer.Step(Pace * LearningRate.At(recipe, step, of));
            masks.Apply(network);
            total.Add(loss);
            if ((step + 1 - from) % 20 != 0 && step + 1 != to) continue;
            if (total.Last is var recent && !double.IsFinite(recent)) return false;
            report(step + 1, recent);
        }
        return true;
    }

    public void Dispose() => Optimizer.Dispose();

    /// <summary>The loss of a step, whose gradients are with the parameters.</summary>
    private Tensor Learn(long step)
    {
        var batch = BatchOf(step);
        var read = examples.Read(batch.Indices);
        var inputs = binding.Bind(read);
        var random = Seeds.Random(seed, "augmentation", step);
        foreach (var (name, tensor) in inputs.ToArray()) inputs[name] = Augmentation.Apply(tensor, recipe.Shift, recipe.Flip, random);
        if (objective.Teacher == 1 && inputs.Count == 1)
            foreach (var (name, tensor) in inputs.ToArray()) inputs[name] = Augmentation.Join(tensor, recipe.Join, random);
        Reading? taught = null;
        if (objective.Teacher > 0)
        {
            using var frozen = no_grad();
            taught = Read(teacher!.Run(inputs), batch);
        }
        var mode = new Mode(Training: !Freezes(recipe, objective));
        using var checkpointed = recipe.Checkpointing ? network.RunCheckpointed(inputs, mode) : null;
        var loss = LossOf(Read(checkpointed is null ? network.Run(inputs, mode) : network.Tensors(checkpointed.Outputs), batch));
        if (checkpointed is null) loss.backward();
        else checkpointed.Backward(loss);
        return loss;

        Tensor LossOf(Reading student)
        {
            if (objective.Teacher == 1) return objective.Loss(student, null, taught);
            var target = objective.Task.Target(examples, read, batch);
            objective.Task.Task.Check(student, target, network.Model.Path);
            return objective.Loss(student, target, taught);
        }
    }

    private Reading Read(Tensor[] outputs, Batch batch) => Reading.Of(objective.Task.Forms, outputs, batch.Indices.Length, batch.Real, network.Model.Path);

    private Batch BatchOf(long step)
    {
        var (epoch, place) = (step / StepsPerEpoch, step % StepsPerEpoch);
        if (shuffled.Epoch != epoch) shuffled = (epoch, Batches.Shuffled(seed, epoch));
        return shuffled.Batches[place];
    }

    /// <summary>The mean of the steps' losses, read back from LibTorch only when asked.</summary>
    private sealed class LossMean : IDisposable
    {
        private readonly Tensor sum = zeros(1, ScalarType.Float64).DetachFromDisposeScope();
        private double last;
        private long count, seen;

        /// <summary>The mean since this was last asked.</summary>
        public double Last
        {
            get
            {
                var (now, before) = (sum.item<double>(), last);
                var mean = (now - before) / Math.Max(1, count - seen);
                (last, seen) = (now, count);
                return mean;
            }
        }

        public void Add(Tensor loss)
        {
            sum.add_(loss.detach());
            count++;
        }

        public void Dispose() => sum.Dispose();
    }
}
