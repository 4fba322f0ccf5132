using Secateur.Onnx;

namespace Secateur.Structure;

/// <summary>A node sums over an axis: what is removed there adds nothing, as if it were zero.</summary>
/// <param name="Node">The node.</param>
/// <param name="Value">The axis of the activation that is summed over.</param>
/// <param name="Weight">The axis of the other operand that it is multiplied with; null where there is none.</param>
/// <param name="Zero">What adds nothing where it is no 0: the zero points of the weight, or of the value where there is none.</param>
internal sealed record Contraction(Node Node, Axis Value, Axis? Weight, Zero? Zero = null);

/// <summary>The zero points of a quantized constant: one, or one for each index of an axis.</summary>
/// <param name="Name">The constant that holds them; empty where all are 0.</param>
/// <param name="Axis">Where there is more than one.</param>
public readonly record struct Zero(string Name, int Axis = 0);
