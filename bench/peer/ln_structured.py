"""Masks convolutions' output channels by torch.nn.utils.prune.ln_structured: ln_structured.py MODEL SHARE OUT. The model keeps its size, which is the point."""
import sys

import onnx
import torch
from onnx import numpy_helper
from torch.nn.utils import prune

path, share, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]
model = onnx.load(path)
weights = {node.input[1] for node in model.graph.node if node.op_type == "Conv"}
for initializer in model.graph.initializer:
    if initializer.name not in weights:
        continue
    values = torch.from_numpy(numpy_helper.to_array(initializer).copy())
    if values.shape[0] < 2:
        continue
    layer = torch.nn.Module()
    layer.weight = torch.nn.Parameter(values)
    prune.ln_structured(layer, "weight", amount=share, n=2, dim=0)
    prune.remove(layer, "weight")
    initializer.CopyFrom(numpy_helper.from_array(layer.weight.detach().numpy(), initializer.name))
onnx.save(model, out)
