using System.Globalization;

namespace Secateur.Sparse.Provider;

/// <summary>Tells of each node that could be claimed whether it is, with what, or why not: a line each, fields between tabs.</summary>
internal sealed class ClaimLog : IDisposable
{
    private readonly StreamWriter? _report;
    private readonly bool _verbose;
    private readonly Zeros _zeros;

    /// <param name="options">Where to.</param>
    /// <param name="zeros">Counts are taken from here.</param>
    /// <exception cref="OrtException">The report cannot be written.</exception>
    public ClaimLog(ProviderOptions options, Zeros zeros)
    {
        (_verbose, _zeros) = (options.Verbose, zeros);
        try
        {
            if (options.Report.Length > 0) _report = new(options.Report, append: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OrtException(OrtException.InvalidArgument, $"{ProviderFactory.Name}: option 'report': {fault.Message}");
        }
    }

    /// <summary>Before the session is made: later ONNX Runtime would pass over what is thrown.</summary>
    public static void Check(ProviderOptions options) => new ClaimLog(options, new()).Dispose();

    private bool IsOff => _report is null && !_verbose;

    public void Claimed(IReadOnlyList<Layer> layers)
    {
        if (IsOff) return;
        foreach (var layer in layers)
        {
            var (weight, zeros) = (layer.Weight, _zeros.Share(layer));
            var behind = layer.Nodes.Count == 1 ? "" : $" with {string.Join(", ", layer.Nodes.Where(node => node != layer.Node).Select(node => node.Operator))}";
            var chain = layer == layers[0] ? "" : $" behind {layers[0].Node}";
            Write(layer.Node, "claimed", string.Create(CultureInfo.InvariantCulture, $"[{weight.Rows}, {weight.Columns}], {zeros * 100:0.0} % zeros{behind}{chain}"));
        }
    }

    public void Left(GraphNode node, string objection)
    {
        if (!IsOff) Write(node, "left", objection);
    }

    public void Dispose() => _report?.Dispose();

    private void Write(GraphNode node, string verdict, string why)
    {
        var line = $"{node.Operator}\t{(node.Name.Length > 0 ? node.Name : node.Output.Name)}\t{verdict}\t{why}";
        _report?.WriteLine(line);
        if (_verbose) Console.Error.WriteLine($"secateur: {line.Replace("\t", " ")}");
    }
}
