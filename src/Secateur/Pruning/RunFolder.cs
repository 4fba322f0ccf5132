using System.Globalization;
using System.Text.Json;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Where the rounds of a run are saved, beside its output: what the next start of the same command goes on from.</summary>
/// <param name="path">The folder; made when the first round is saved.</param>
/// <param name="key">Stands for all that decides the result (model, data, recipe, threads, versions); what was saved under another key is not taken up.</param>
/// <param name="keepRounds">Whether earlier rounds stay.</param>
/// <param name="root">The folder that this one is inside of; the key lies there, for all.</param>
internal sealed class RunFolder(string path, string key, bool keepRounds, string? root = null)
{
    private const string KeyName = "key.txt";

    public string Path => path;

    /// <summary>A folder inside for one candidate of a search.</summary>
    public RunFolder Inner(string name) => new(System.IO.Path.Combine(path, name), key, keepRounds, root ?? path);

    /// <summary>Puts the network and the masks into the state of the last saved round; null where there is none.</summary>
    public RoundState? Load(Network network, Masks masks)
    {
        if (Saved().LastOrDefault() is not { } file) return null;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var arrays = Npz.Read(file);
        foreach (var (name, tensor) in Changing(network)) tensor.copy_(arrays[$"constant/{name}"]);
        foreach (var (name, tensor) in arrays)
        {
            if (name.StartsWith("mask/", StringComparison.Ordinal)) masks.Narrow(name["mask/".Length..], tensor);
            else if (name.StartsWith("units/", StringComparison.Ordinal)) masks.NarrowUnits(name["units/".Length..], tensor);
            else if (name.StartsWith("order/", StringComparison.Ordinal)) masks.SetOrder(name["order/".Length..], tensor);
        }
        return JsonSerializer.Deserialize<RoundState>(arrays["state"].bytes, Json.Options);
    }

    /// <summary>Puts an optimizer into its state after the last saved round.</summary>
    public void LoadOptimizer(Optimizer optimizer)
    {
        using var scope = NewDisposeScope();
        var arrays = Npz.Read(Saved().Last());
        optimizer.Steps = arrays["optimizer steps"].item<long>();
        foreach (var (name, tensor) in arrays)
            if (name.StartsWith("optimizer/", StringComparison.Ordinal)) optimizer.Restore(name["optimizer/".Length..], tensor);
    }

    /// <summary>Saves a finished round; whole or not at all.</summary>
    public void Save(Network network, Masks masks, RoundState state, Optimizer? optimizer)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(path);
        AtomicFile.WriteText(System.IO.Path.Combine(root ?? path, KeyName), key);
        var before = Saved();
        List<KeyValuePair<string, Tensor>> arrays =
        [
            new("state", Bytes(JsonSerializer.SerializeToUtf8Bytes(state, Json.Options))),
            .. Changing(network).Select(constant => KeyValuePair.Create($"constant/{constant.Name}", constant.Tensor.detach())),
            .. masks.All.Select(mask => KeyValuePair.Create($"mask/{mask.Name}", mask.Mask)),
            .. masks.AllOrders.Select(weight => KeyValuePair.Create($"order/{weight.Weight}", weight.Order)),
            .. masks.AllUnits.Select(group => KeyValuePair.Create($"units/{group.Group}", group.Units)),
        ];
        if (optimizer is not null)
            arrays.AddRange([new("optimizer steps", tensor(optimizer.Steps)), .. optimizer.State.Select(average => KeyValuePair.Create($"optimizer/{average.Key}", average.Value))]);
        AtomicFile.Write(System.IO.Path.Combine(path, $"round-{state.Segments:0000}.npz"), stream => Npz.Write(stream, arrays));
        if (!keepRounds) foreach (var file in before) File.Delete(file);
    }

    /// <summary>A number that was kept; null where there is none.</summary>
    public double? Number(string name) => System.IO.Path.Combine(path, name + ".txt") is var file && File.Exists(file) ? double.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : null;

    /// <summary>Keeps a number that the run depends on.</summary>
    public void SetNumber(string name, double value)
    {
        Directory.CreateDirectory(path);
        AtomicFile.WriteText(System.IO.Path.Combine(root ?? path, KeyName), key);
        AtomicFile.WriteText(System.IO.Path.Combine(path, name + ".txt"), value.ToString("R", CultureInfo.InvariantCulture));
    }

    /// <summary>Saves a model into the folder; gives its path.</summary>
    public string Put(string name, OnnxModel model)
    {
        Directory.CreateDirectory(path);
        var file = System.IO.Path.Combine(path, name);
        AtomicFile.WriteText(System.IO.Path.Combine(root ?? path, KeyName), key);
        model.Save(file);
        return file;
    }

    /// <summary>Removes what the run no longer needs once its output is written.</summary>
    public void Finish()
    {
        if (!keepRounds && Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <summary>Removes what another request left in the folder, and what a kill in the midst of writing left beside the output.</summary>
    public void Prepare(string output)
    {
        var beside = System.IO.Path.GetFileName(output) + ".*.part";
        foreach (var part in Directory.GetFiles(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(output))!, beside)) File.Delete(part);
        var keyFile = System.IO.Path.Combine(path, KeyName);
        if (Directory.Exists(path) && (!File.Exists(keyFile) || File.ReadAllText(keyFile) != key)) Directory.Delete(path, recursive: true);
    }

    private string[] Saved() => Directory.Exists(path) ? [.. Directory.GetFiles(path, "round-????.npz").Order(StringComparer.Ordinal)] : [];

    /// <summary>All that training changes: learned tensors and running statistics.</summary>
    private static IEnumerable<(string Name, Tensor Tensor)> Changing(Network network) =>
        network.Constants.Where(constant => TorchTensors.IsLearnable(constant.Value.dtype)).Select(constant => (constant.Key, constant.Value));

    private static Tensor Bytes(byte[] bytes)
    {
        var tensor = empty(bytes.Length, ScalarType.Byte);
        bytes.CopyTo(tensor.bytes);
        return tensor;
    }
}
