using Secateur.Onnx;

namespace Secateur.Architectures;

/// <summary>A small dense model of as many parameters as a pruned one has.</summary>
/// <param name="Model">Null where none could be made.</param>
/// <param name="Note">What it is, or why there is none.</param>
public sealed record SmallDenseModel(OnnxModel? Model, string Note);
