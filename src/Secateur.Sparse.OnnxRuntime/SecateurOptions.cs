using System.Globalization;

namespace Secateur.Sparse;

/// <summary>What a session asks of the provider.</summary>
public sealed record SecateurOptions
{
    /// <summary>The least share of zeros, 0 to 1, of a weight whose node is taken; unless given the speeds measured on this machine decide.</summary>
    public double? Threshold { get; init; }

    /// <summary>At most so many of the session's threads work on a node; 0 is all of them.</summary>
    public int Threads { get; init; }

    /// <summary>Whether every node is taken that can be, be it slower.</summary>
    public bool Force { get; init; }

    /// <summary><c>bfloat16</c> or <c>float16</c>, to which weights of products are rounded so that few tokens take less time; unless given they stay as they are.</summary>
    public string? Values { get; init; }

    /// <summary>Whether a line for each node goes to standard error: taken, with what, or why not.</summary>
    public bool Verbose { get; init; }

    /// <summary>A file to which these lines are appended, fields between tabs.</summary>
    public string? Report { get; init; }

    internal Dictionary<string, string> ToDictionary()
    {
        Dictionary<string, string> entries = [];
        if (Threshold is { } threshold) entries["threshold"] = threshold.ToString(CultureInfo.InvariantCulture);
        if (Threads != 0) entries["threads"] = Threads.ToString(CultureInfo.InvariantCulture);
        if (Force) entries["force"] = "1";
        if (Values is { Length: > 0 }) entries["values"] = Values;
        if (Verbose) entries["verbose"] = "1";
        if (Report is { Length: > 0 }) entries["report"] = Report;
        return entries;
    }
}
