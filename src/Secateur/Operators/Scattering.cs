using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Data with some of its rows overwritten by updates, or joined with them by <c>reduction</c> (add, mul, max, min).</summary>
internal abstract class Scattering : Operator
{
    public override string WhyWhole => "writes to it by index";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (data, updates) = (inputs[0]!, inputs[2]!);
        var (rows, width) = Places(node, data.shape, inputs[1]!, updates.shape);
        if (rows.numel() == 0) return [data.alias()];
        // [rows, width], of width 1 where single elements are written
        return [Join(node, data.reshape(-1, width), rows.reshape(-1), updates.reshape(-1, width)).reshape(data.shape)];
    }

    /// <summary>The row of data (cut into rows of <c>Width</c> elements) that each row of the updates goes to.</summary>
    protected abstract (Tensor Rows, long Width) Places(Node node, long[] data, Tensor indices, long[] updates);

    private static Tensor Join(Node node, Tensor data, Tensor rows, Tensor updates) => node.Text("reduction", "none") switch
    {
        "none" => data.index_copy(0, rows, updates),
        "add" => data.index_add(0, rows, updates, 1),
        "mul" => InTurn(data, rows, updates, (so, next) => so * next),
        "max" => InTurn(data, rows, updates, maximum),
        "min" => InTurn(data, rows, updates, minimum),
        var other => throw node.Error($"attribute reduction is '{other}'; none, add, mul, max and min are known, export the model again"),
    };

    /// <summary>In as many turns as the row that is met most often is met, each with every row at most once.</summary>
    private static Tensor InTurn(Tensor data, Tensor rows, Tensor updates, Func<Tensor, Tensor, Tensor> join)
    {
        Dictionary<long, int> met = [];
        var turns = rows.data<long>().ToArray().Select((row, update) => (Turn: met[row] = met.GetValueOrDefault(row) + 1, Update: (long)update));
        foreach (var turn in turns.GroupBy(one => one.Turn, one => one.Update).Select(turn => tensor(turn.ToArray())))
        {
            var places = rows.index_select(0, turn);
            data = data.index_copy(0, places, join(data.index_select(0, places), updates.index_select(0, turn)));
        }
        return data;
    }
}
