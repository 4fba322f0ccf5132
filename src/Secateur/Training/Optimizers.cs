using System.Collections.Frozen;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>The optimizers that a recipe may name, and their state as bytes.</summary>
internal static class Optimizers
{
    public static FrozenDictionary<string, Func<IEnumerable<Parameter>, TrainingRecipe, OptimizerHelper>> All { get; } =
        new Dictionary<string, Func<IEnumerable<Parameter>, TrainingRecipe, OptimizerHelper>>
        {
            ["sgd"] = (learned, recipe) => optim.SGD(learned, recipe.LearningRate, recipe.Momentum, weight_decay: recipe.WeightDecay),
            ["adam"] = (learned, recipe) => optim.Adam(learned, recipe.LearningRate, weight_decay: recipe.WeightDecay),
            ["adamw"] = (learned, recipe) => optim.AdamW(learned, recipe.LearningRate, weight_decay: recipe.WeightDecay),
        }.ToFrozenDictionary();

    public static byte[] Save(OptimizerHelper optimizer)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream)) optimizer.save_state_dict(writer);
        return stream.ToArray();
    }

    public static void Load(OptimizerHelper optimizer, byte[] state)
    {
        using var reader = new BinaryReader(new MemoryStream(state));
        optimizer.load_state_dict(reader);
    }
}
