using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>Takes whole branches out of a model: who read what they made reads what they read, or the skip, and what nothing needs any more is dropped.</summary>
/// <param name="branches">Of the model.</param>
/// <param name="gone">Some of them, none held.</param>
internal sealed class BranchRemoval(Branches branches, IReadOnlyCollection<Branch> gone)
{
    /// <summary>The model without these branches. Nothing else changes: names, types and shapes of inputs and outputs stay.</summary>
    /// <param name="source">The model, with the values that its constants shall have.</param>
    public OnnxModel Apply(OnnxModel source)
    {
        var model = new OnnxModel(source.Proto.Clone(), source.Path);
        if (gone.Count == 0) return model;
        var (graph, own) = (model.Proto.Graph, branches.Network.Graph);
        var (idle, needed) = (branches.Idle(gone).ToHashSet(), branches.Needed(gone));
        var protos = own.Nodes.Zip(model.Graph.Nodes).ToDictionary(pair => pair.First, pair => pair.Second.Proto);
        var named = own.Nodes.SelectMany(node => node.Captured).Concat(own.Outputs.Select(output => output.Name)).ToHashSet(); // asked for by their names
        foreach (var (node, past) in gone.SelectMany(branch => branch.Path).OrderBy(step => own.Nodes.IndexOf(step.Node)))
        {
            var (proto, sum) = (protos[node], node.Outputs[0]);
            var skip = proto.Input[past];
            foreach (var reader in own.Nodes.Where(node => node.Inputs.Contains(sum)))
                for (var place = 0; place < reader.Inputs.Length; place++)
                    if (reader.Inputs[place] == sum) protos[reader].Input[place] = skip;
            if (!named.Contains(sum) || !needed.Contains(node)) continue;
            proto.OpType = "Identity";
            proto.Attribute.Clear();
            proto.Input.Clear();
            proto.Input.Add(skip);
            while (proto.Output.Count > 1) proto.Output.RemoveAt(1);
            idle.Remove(node);
        }
        foreach (var node in idle) graph.Node.Remove(protos[node]);
        Leftovers.Drop(graph, branches.IdleConstants(idle));
        HashSet<string> values = [.. idle.SelectMany(node => node.Outputs)];
        foreach (var value in graph.ValueInfo.Where(value => values.Contains(value.Name)).ToArray()) graph.ValueInfo.Remove(value);
        return model.Reread();
    }

    /// <summary>The twin: the whole model with the gates of these branches closed: zero, or of a layer the identity. It computes what the smaller model computes.</summary>
    /// <param name="source">The model, with the values that its constants shall have.</param>
    public OnnxModel Mask(OnnxModel source)
    {
        var model = new OnnxModel(source.Proto.Clone(), source.Path);
        foreach (var (branch, name) in gone.SelectMany(branch => branch.Gate.Select(name => (branch, name))))
        {
            var tensor = model.Graph.Constants[name];
            if (branch.Off is { } off)
            {
                using var scope = NewDisposeScope();
                off(name).to_type(TorchTensors.TypeOf(tensor.Type())).Store(tensor);
            }
            else tensor.SetBytes(new byte[tensor.Bytes().Length]);
        }
        return model.Reread();
    }
}
