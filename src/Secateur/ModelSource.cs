using Secateur.Architectures;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur;

/// <summary>Where a model comes from: a file, or a named architecture built anew for the data.</summary>
internal static class ModelSource
{
    /// <param name="modelOrArchitecture">A path, or a name of <see cref="Architecture.All"/>.</param>
    /// <param name="data">Gives a new model its input shape and classes; may be null for a file.</param>
    /// <param name="seed">Decides a new model's first weights.</param>
    /// <exception cref="SecateurException">Neither a file nor a name, or the data does not fit the architecture.</exception>
    public static OnnxModel Open(string modelOrArchitecture, DataSet? data, long seed)
    {
        if (File.Exists(modelOrArchitecture) || modelOrArchitecture.AsSpan().ContainsAny('.', '/')) return Load(modelOrArchitecture);
        var architecture = Architecture.Named(modelOrArchitecture);
        if (data is null) throw new SecateurException($"{modelOrArchitecture}: a new model takes its shape from the data; give --data");
        return architecture.Build(Options(modelOrArchitecture, data), Seeds.Derive(seed, "weights"));
    }

    /// <summary>A file as it is trained: with no constant shared that layers learn apart.</summary>
    public static OnnxModel Load(string path) => SharedConstants.Separate(OnnxModel.Load(path));

    private static ArchitectureOptions Options(string name, DataSet data)
    {
        if (data.ClassNames.IsEmpty) throw new SecateurException($"{name}: a new model needs labels to learn from, and the data has none; add labels");
        var feature = data.Train.Features.FirstOrDefault(feature => feature.Name != "attention_mask") ?? data.Train.Features[0];
        if (feature.Shape.Contains(Feature.Varies))
            throw new SecateurException($"{name}: a new model takes examples of one size, '{feature.Name}' differs from example to example; say a size (size: in a YAML file)");
        var options = new ArchitectureOptions { InputShape = feature.Shape, Classes = data.ClassNames.Length, Vocabulary = data.Vocabulary };
        return feature.Shape.Length == 1 && feature.Type == ScalarType.Float32 ? Standardized(options, feature.Name, data.Train) : options;
    }

    /// <summary>A table's columns are brought to mean 0 and standard deviation 1 inside the graph, by those of the training part (of its first 100,000 rows).</summary>
    private static ArchitectureOptions Standardized(ArchitectureOptions options, string feature, Examples train)
    {
        using var scope = NewDisposeScope();
        var rows = new long[Math.Min(train.Count, 100_000)];
        for (var row = 0; row < rows.Length; row++) rows[row] = row;
        var table = train.Read(rows)[feature]; // [rows, columns]
        var deviation = table.std(0, unbiased: false);
        return options with
        {
            Mean = [.. table.mean([0]).data<float>()],
            Std = [.. where(deviation > 1e-6, deviation, ones_like(deviation)).data<float>()], // a constant column stays 0
        };
    }
}
