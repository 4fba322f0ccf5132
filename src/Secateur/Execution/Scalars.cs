using System.Collections.Concurrent;
using TorchSharp;

namespace Secateur.Execution;

/// <summary>Numbers that operators and optimizers hand to LibTorch, made once and kept.</summary>
/// <remarks>A <see cref="Scalar"/> made on the way into a call has no reference left while native code reads it: a garbage collection in that moment frees it
/// under the call, which then fails or computes with a wrong number (seen in long trainings on a busy machine, TorchSharp 0.107).</remarks>
internal static class Scalars
{
    private static readonly ConcurrentDictionary<double, Scalar> Floats = [];
    private static readonly ConcurrentDictionary<long, Scalar> Integers = [];

    /// <summary>For values out of a graph or the code, which are few; of a value that changes from step to step keep the scalar with <c>using</c>.</summary>
    public static Scalar Of(double value) => Floats.GetOrAdd(value, static number => number.ToScalar());

    public static Scalar Of(long value) => Integers.GetOrAdd(value, static number => number.ToScalar());
}
