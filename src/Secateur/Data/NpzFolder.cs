using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>A folder of <c>.npz</c>, one an example: arrays named as the model's inputs, without a batch axis, of whatever sizes; and perhaps <c>labels</c>.</summary>
internal sealed class NpzFolder : Reader
{
    public override string Reads => "a folder of .npz, one an example";

    public override bool Matches(string path) => Directory.Exists(path) && Directory.EnumerateFiles(path, "*.npz").Any();

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        var files = Directory.GetFiles(path, "*.npz").Order(StringComparer.Ordinal).ToImmutableArray();
        return new(new NpzExamples(files, options, cancel), "npz folder", files) { Root = path };
    }

    /// <summary>Read from their files as they are asked for.</summary>
    private sealed class NpzExamples : Examples
    {
        private readonly ImmutableArray<string> files;
        private readonly ImmutableArray<int> buckets;
        private readonly string? labels;

        public NpzExamples(ImmutableArray<string> files, DataOptions options, CancellationToken cancel)
        {
            this.files = files;
            Dictionary<string, int> known = [];
            var (numbers, first) = (ImmutableArray.CreateBuilder<int>(), ImmutableArray<Feature>.Empty);
            foreach (var file in files)
            {
                cancel.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var read = Npz.Read(file);
                ImmutableArray<Feature> own = [.. read.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new Feature(pair.Key, [.. pair.Value.shape], TypeOf(pair.Value.dtype), pair.Value.dtype == ScalarType.Byte))];
                if (first.IsEmpty) (first, labels) = (own, LabelName(own, options));
                if (!own.Select(feature => feature.Name).SequenceEqual(first.Select(feature => feature.Name)) || own.Zip(first).Any(pair => pair.First.Shape.Length != pair.Second.Shape.Length))
                    throw new SecateurException($"{file}: has {string.Join(", ", own.Select(feature => feature.Name))} of other names or axes than {Path.GetFileName(files[0])}; give all examples the same arrays");
                var inputs = own.Where(feature => feature.Name != labels);
                numbers.Add(known.TryAdd(string.Join(", ", inputs), known.Count) ? known.Count - 1 : known[string.Join(", ", inputs)]);
                first = [.. first.Zip(own, (one, other) => one with { Shape = [.. one.Shape.Zip(other.Shape, (size, another) => size == another ? size : Feature.Varies)] })];
            }
            buckets = numbers.ToImmutable();
            Features = [.. first.Where(feature => feature.Name != labels)];
            Target = first.FirstOrDefault(feature => feature.Name == labels);
            if (Target?.Shape.Contains(Feature.Varies) is true)
                throw new SecateurException($"{files[0]}: '{labels}' has other sizes than in the other files; fill labels up to one size with -100");
            if (Target is { Shape: [] } && !is_floating_point(Target.Type))
                Labels = [.. ReadTarget([.. Enumerable.Range(0, files.Length).Select(i => (long)i)]).to_type(ScalarType.Int64).data<long>()];
        }

        public override long Count => files.Length;

        public override ImmutableArray<Feature> Features { get; }

        public override Feature? Target { get; }

        public override ImmutableArray<long>? Labels { get; }

        public override int Bucket(long index) => buckets[(int)index];

        public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices)
        {
            var read = Array.ConvertAll(indices.ToArray(), index => Npz.Read(files[(int)index]));
            return Features.ToDictionary(feature => feature.Name, feature =>
            {
                var stacked = stack([.. read.Select(example => example[feature.Name])], 0);
                return feature.FromBytes ? stacked.to_type(ScalarType.Float32) / 255 : stacked.to_type(feature.Type);
            });
        }

        public override Tensor ReadTarget(ReadOnlySpan<long> indices) =>
            stack([.. indices.ToArray().Select(index => Npz.Read(files[(int)index])[labels!].to_type(Target!.FromBytes ? ScalarType.Int64 : Target.Type))], 0);

        public override string Describe(long index) => Path.GetFileName(files[(int)index]);

        private static ScalarType TypeOf(ScalarType type) => type is ScalarType.Byte or ScalarType.Float64 ? ScalarType.Float32 : type;

        private static string? LabelName(ImmutableArray<Feature> features, DataOptions options)
        {
            string[] names = [.. features.Select(feature => feature.Name)];
            return options.LabelColumn switch
            {
                LabelNames.None => null,
                null => LabelNames.Find(names) is { } place ? names[place] : null,
                var wanted => names.Contains(wanted) ? wanted : throw new SecateurException($"the folder's examples have no array '{wanted}' for the labels; they have {string.Join(", ", names)}"),
            };
        }
    }
}
