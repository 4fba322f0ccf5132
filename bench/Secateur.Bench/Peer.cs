using System.Diagnostics;
using System.Globalization;

namespace Secateur.Bench;

/// <summary>Python's torch in a process that lives as long as the measurement and trains when it is told to.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;

    public Peer(string model, string layout, int threads, string data)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine("bench", "peer", "train.py"), model, layout, $"{threads}", data])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        // settings for old builds of OpenBLAS would slow a current one
        foreach (var name in (string[])["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]) start.Environment.Remove(name);
        process = Process.Start(start)!;
        Version = process.StandardOutput.ReadLine()
            ?? throw new SecateurException("bench: Python's torch does not start; apt-get install python3-torch python3-numpy libopenblas0-pthread");
    }

    public string Version { get; }

    public double Steps(int count)
    {
        process.StandardInput.WriteLine($"steps {count}");
        return double.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
