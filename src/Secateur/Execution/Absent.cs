namespace Secateur.Execution;

/// <summary>A value of ONNX's type optional that holds none; one that holds something is that tensor or sequence itself.</summary>
internal sealed class Absent : IDisposable
{
    public static readonly Absent Value = new();

    private Absent() { }

    public void Dispose()
    {
        // there is nothing to free
    }
}
