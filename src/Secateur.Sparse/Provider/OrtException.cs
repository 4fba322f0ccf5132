namespace Secateur.Sparse.Provider;

/// <summary>What ends in a status of ONNX Runtime's: its own complaint passed on, or ours.</summary>
/// <param name="code">OrtErrorCode.</param>
/// <param name="message">One line: place, fault, mend.</param>
internal sealed class OrtException(int code, string message) : Exception(message)
{
    public const int Fail = 1;
    public const int InvalidArgument = 2;

    public int Code => code;
}
