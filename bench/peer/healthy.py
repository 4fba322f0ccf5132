"""Random weights under which a network behaves as a trained one: values neither vanish nor explode, and differ from input to input."""
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d, SqueezeExcitation

NORMS = (nn.modules.batchnorm._BatchNorm, FrozenBatchNorm2d)
LINEAR = (nn.Linear, nn.modules.conv._ConvNd)


def scene(*shape):
    """Pictures as a camera gives them, roughly: smooth at large, some grain, colours of their own; each of deviation 1. [batch, channels, *size]"""
    batch, channels, *size = shape
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[len(size)]
    broad = nn.functional.interpolate(torch.randn(batch, channels, *[min(4, s) for s in size]), size=size, mode=mode, align_corners=False)
    made = 1.5 * broad + torch.randn(batch, channels, *[1] * len(size)) + 0.2 * torch.randn(shape)
    return made / made.flatten(1).std(1).reshape(-1, *[1] * (1 + len(size)))


def vary(network):
    """What an initialization leaves all equal (scales of 1, biases of 0) gets a spread, as training gives it."""
    for name, p in network.named_parameters():
        if p.numel() < 2 or p.std() > 1e-7 * (1 + p.abs().max()):
            continue
        value = p.flatten()[0].item()
        if abs(value - 1) < 1e-6:
            p.uniform_(0.4, 1.4)
        elif value == 0:
            p.normal_(0, 0.25 if p.dim() == 1 else 0.5)
        elif abs(value) < 1e-3:  # scales of a layer that begin near nothing
            p.uniform_(0.2, 0.6)
    for name, p in list(network.named_parameters()) + list(network.named_buffers()):
        if name.endswith("relative_position_bias_table"):
            p.normal_(0, 0.5)
    for module in network.modules():
        if isinstance(module, FrozenBatchNorm2d):
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(0, 0.1)


def settle(network, inputs):
    """Scales each layer's weights to outputs of variance 1, and gives each batch norm the mean square of what reaches it as its variance; one pass.

    Over all channels together: so other weights of the same mean and deviation, which a skeleton is filled with, give values of the same size.

    Gradients stay on: without them torch takes fused attention, whose layers no hook sees.
    """
    done = set()
    # a gate that follows its input closely turns a small excess into a larger one, layer after layer
    gates = {m.fc2 for m in network.modules() if isinstance(m, SqueezeExcitation)} | {m.gate for m in network.modules() if hasattr(m, "gate") and isinstance(m.gate, nn.Conv2d)}

    def scale(module, given, made):
        made = made.detach()
        if module in done or made.std() < 1e-6:
            return None
        done.add(module)
        bias = module.bias.detach() if module.bias is not None else torch.zeros(1)
        bias = bias if isinstance(module, nn.Linear) else bias.reshape(-1, *[1] * (made.dim() - 2))
        factor = (0.3 if module in gates else 1) / (made - bias).std()
        module.weight.data.mul_(factor)
        return (made - bias) * factor + bias

    def measure(module, given):
        power = given[0].detach().pow(2).mean()
        module.running_mean.normal_(0, 0.1).mul_(power.sqrt())
        module.running_var.uniform_(0.7, 1.3).mul_(power)

    hooks = [m.register_forward_hook(scale) for m in network.modules() if isinstance(m, LINEAR)]
    hooks += [m.register_forward_pre_hook(measure) for m in network.modules() if isinstance(m, NORMS)]
    network(*inputs)
    for hook in hooks:
        hook.remove()


def make(network, inputs):
    with torch.no_grad():
        vary(network)
    settle(network, inputs)
