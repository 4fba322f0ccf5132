using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Additions that make no <c>Scalar</c> of their own, which a collection could free under the native call (see <c>Execution/QuietHeap.cs</c>).</summary>
internal static class Scalars
{
    private static readonly Scalar One = 1;

    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);
}
