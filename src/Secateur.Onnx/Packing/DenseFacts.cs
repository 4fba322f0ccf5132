using System.Collections.Immutable;

namespace Secateur.Onnx.Packing;

/// <summary>A weight that was not packed for the provider.</summary>
/// <param name="Name">Of an initializer; of a <c>Constant</c> node its output's.</param>
/// <param name="Shape">Two axes or more.</param>
/// <param name="Zeros">Share of its elements; negative zeros are none.</param>
/// <param name="Objection">What keeps it dense whatever zeros it has, to stand behind its name; null where it has too few.</param>
public sealed record DenseFacts(string Name, ImmutableArray<long> Shape, double Zeros, string? Objection);
