"""Exports architectures with random weights as ONNX: at full size for bench/run.sh models, or those of the tests' suite (suite.py) for bench/run.sh skeletons.

export.py list              prints the names, a line each
export.py NAME DIR          writes DIR/NAME.onnx, operator set 17, the batch left open (external data where it is over 2 GB)
export.py timm-NAME DIR     the same for an architecture of the library timm (https://pypi.org/project/timm), where that is installed
export.py families DIR [NAME...]  writes those of families.py, all or the named
export.py suite             prints the names of the suite
export.py suite NAME DIR    writes one; batch, sequence, height and width left open where the architecture allows it

Needs Debian's python3-torchvision and python3-onnx.
"""
import math
import os
import sys

import torch
from torch import nn
from torchvision import models

import suite
from healthy import make, scene, vary

OPSET = 17


class Encoder(nn.Module):
    """BERT's shape: token and position embeddings, layers after the norm, a class for each token."""

    def __init__(self, vocabulary=30522, width=768, layers=12, heads=12, classes=9, norm_first=False, act="gelu"):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(512, width)
        self.norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            [nn.TransformerEncoderLayer(width, heads, 4 * width, 0.1, act, batch_first=True, norm_first=norm_first) for _ in range(layers)])
        self.head = nn.Linear(width, classes)

    def forward(self, input_ids, attention_mask):
        x = self.norm(self.tokens(input_ids) + self.places(torch.arange(input_ids.shape[1])))
        for layer in self.layers:
            layer.train()  # keeps the exporter off the fused form, which has no ONNX
            layer.dropout.p = layer.dropout1.p = layer.dropout2.p = layer.self_attn.dropout = 0.0
            x = layer(x, src_key_padding_mask=attention_mask == 0)
        return self.head(x)


class Attention(nn.Module):
    """Causal attention as decoders have it; with rotary positions and fewer heads of keys where told."""

    def __init__(self, width, heads, groups, rotary):
        super().__init__()
        self.heads, self.groups, self.rotary, self.size = heads, groups, rotary, width // heads
        self.q = nn.Linear(width, width, bias=not rotary)
        self.k = nn.Linear(width, groups * self.size, bias=not rotary)
        self.v = nn.Linear(width, groups * self.size, bias=not rotary)
        self.out = nn.Linear(width, width, bias=not rotary)

    def turned(self, x):
        place = torch.arange(x.shape[2], dtype=torch.float32)[:, None]
        angle = place / 10000 ** (torch.arange(0, self.size, 2, dtype=torch.float32) / self.size)
        cos, sin = angle.cos().repeat(1, 2), angle.sin().repeat(1, 2)
        low, high = x.chunk(2, -1)
        return x * cos + torch.cat((-high, low), -1) * sin

    def shared(self, x):
        """A head of keys for several of queries; this exporter writes repeat_interleave as a file that no runtime takes."""
        n, _, t, _ = x.shape
        return x[:, :, None].expand(n, self.groups, self.heads // self.groups, t, self.size).reshape(n, self.heads, t, self.size)

    def forward(self, x):
        n, t, w = x.shape
        q = self.q(x).view(n, t, self.heads, self.size).transpose(1, 2)
        k = self.k(x).view(n, t, self.groups, self.size).transpose(1, 2)
        v = self.v(x).view(n, t, self.groups, self.size).transpose(1, 2)
        if self.rotary:
            q, k = self.turned(q), self.turned(k)
        if self.groups < self.heads:
            k, v = self.shared(k), self.shared(v)
        later = torch.ones(t, t, dtype=torch.bool).triu(1)
        scores = (q @ k.transpose(-1, -2) / math.sqrt(self.size)).masked_fill(later, -1e9)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, w))


class RootNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class Gated(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.gate, self.up, self.down = (nn.Linear(*size, bias=False) for size in ((width, hidden), (width, hidden), (hidden, width)))

    def forward(self, x):
        return self.down(nn.functional.silu(self.gate(x)) * self.up(x))


class Decoder(nn.Module):
    """GPT-2's shape, or with `modern` LLaMA's: rotary positions, root-mean-square norms, gated units, grouped keys."""

    def __init__(self, vocabulary, width, layers, heads, groups=None, modern=False):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = None if modern else nn.Embedding(1024, width)
        norm = RootNorm if modern else nn.LayerNorm
        unit = (lambda: Gated(width, 8 * width // 3)) if modern else (lambda: nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)))
        self.blocks = nn.ModuleList([nn.ModuleList([norm(width), Attention(width, heads, groups or heads, modern), norm(width), unit()]) for _ in range(layers)])
        self.norm = norm(width)

    def forward(self, input_ids):
        x = self.tokens(input_ids)
        if self.places is not None:
            x = x + self.places(torch.arange(input_ids.shape[1]))
        for first, attention, second, unit in self.blocks:
            x = x + attention(first(x))
            x = x + unit(second(x))
        return self.norm(x) @ self.tokens.weight.T


class Recurrent(nn.Module):
    """A tagger: embedding, two layers of LSTM or GRU in both directions, a class for each token."""

    def __init__(self, kind):
        super().__init__()
        self.tokens = nn.Embedding(20000, 128)
        self.cells = kind(128, 128, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(256, 17)

    def forward(self, input_ids):
        return self.head(self.cells(self.tokens(input_ids))[0])


class Translator(nn.Module):
    """Encoder and decoder with attention across."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(8000, 256)
        self.inner = nn.Transformer(256, 4, 3, 3, 1024, 0.0, batch_first=True)
        self.head = nn.Linear(256, 8000)

    def forward(self, source, target):
        self.inner.train()
        later = torch.full((target.shape[1], target.shape[1]), float("-inf")).triu(1)
        return self.head(self.inner(self.tokens(source), self.tokens(target), tgt_mask=later))


class Dictionary(nn.Module):
    """What torchvision's segmenters give, their main map alone."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)["out"]


class Detector(nn.Module):
    """torchvision's detectors on one picture: what they give of it, in their order, also of low scores, as random weights give few others."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, picture):
        return tuple(self.inner([picture])[0].values())


def tokens(*shape):
    return torch.randint(0, 1000, shape)


TEXT = {
    "bert-base": (lambda: Encoder(), lambda: (tokens(2, 64), torch.ones(2, 64, dtype=torch.int64)), ["input_ids", "attention_mask"]),
    "distilbert": (lambda: Encoder(layers=6), lambda: (tokens(2, 64), torch.ones(2, 64, dtype=torch.int64)), ["input_ids", "attention_mask"]),
    "bert-tiny-pre": (lambda: Encoder(2000, 128, 2, 2, norm_first=True, act="relu"), lambda: (tokens(2, 32), torch.ones(2, 32, dtype=torch.int64)), ["input_ids", "attention_mask"]),
    "gpt2": (lambda: Decoder(50257, 768, 12, 12), lambda: (tokens(2, 64),), ["input_ids"]),
    "llama-small": (lambda: Decoder(8000, 512, 8, 8, groups=2, modern=True), lambda: (tokens(2, 64),), ["input_ids"]),
    "lstm-tagger": (lambda: Recurrent(nn.LSTM), lambda: (tokens(2, 32),), ["input_ids"]),
    "gru-tagger": (lambda: Recurrent(nn.GRU), lambda: (tokens(2, 32),), ["input_ids"]),
    "translator": (lambda: Translator(), lambda: (tokens(2, 24), tokens(2, 20)), ["source", "target"]),
}


def pictures():
    """torchvision's classifiers, segmenters, video classifiers and detectors, each with the size it is made for."""
    made = {}
    for name in models.list_models(models):
        size = 299 if name == "inception_v3" else 224
        made[name] = (lambda name=name: models.get_model(name, weights=None, **({"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {})),
                      lambda size=size: (torch.rand(2, 3, size, size),), ["input"])
    for name in models.list_models(models.segmentation):
        made[name] = (lambda name=name: Dictionary(models.get_model(name, weights=None, weights_backbone=None)), lambda: (torch.rand(2, 3, 224, 224),), ["input"])
    for name in models.list_models(models.video):
        side, frames = (224, 16) if name.startswith(("mvit", "s3d")) else (112, 8)
        made[name] = (lambda name=name: models.get_model(name, weights=None), lambda side=side, frames=frames: (torch.rand(1, 3, frames, side, side),), ["input"])
    for name in models.list_models(models.detection):
        made[name] = (lambda name=name: Detector(models.get_model(name, weights=None, weights_backbone=None, 
                                                               **({} if name.startswith("ssd") else {"min_size": 320, "max_size": 320}),
                                                               **{"box_score_thresh" if "rcnn" in name else "score_thresh": 0.001})),
                      lambda: (torch.rand(3, 320, 320),), ["picture"])
    return made


def library(name):
    """One of timm's classifiers, at 128 pixels where it takes any size, so that hundreds can be tried."""
    import timm
    cfg = timm.create_model(name).default_cfg
    side = cfg["input_size"][-1]
    if not cfg.get("fixed_input_size"):
        side = max(128, *(cfg.get("min_input_size") or [0]))
    return lambda: timm.create_model(name, exportable=True), lambda: (torch.rand(2, 3, side, side),), ["input"]


def main():
    known = {**pictures(), **TEXT}
    if len(sys.argv) == 3 and sys.argv[1].startswith("timm-"):
        known[sys.argv[1]] = library(sys.argv[1][5:])
    if sys.argv[1:] == ["list"]:
        print(*known, sep="\n")
        return 0
    if sys.argv[1:] == ["suite"]:
        print(*suite.everything(), sep="\n")
        return 0
    if len(sys.argv) == 4 and sys.argv[1] == "suite" and sys.argv[2] in suite.everything():
        suite.export(sys.argv[2], os.path.join(sys.argv[3], sys.argv[2] + ".onnx"), OPSET)
        return 0
    if len(sys.argv) >= 3 and sys.argv[1] == "families":
        import families
        made = families.everything()
        for name in sys.argv[3:] or made:
            suite.export(name, os.path.join(sys.argv[2], name + ".onnx"), OPSET, made[name])
        return 0
    if len(sys.argv) != 3 or sys.argv[1] not in known:
        print("export.py: use: export.py list | export.py NAME DIR | export.py families DIR [NAME...] | export.py suite | export.py suite NAME DIR", file=sys.stderr)
        return 2
    name, folder = sys.argv[1:]
    torch.manual_seed(0)
    build, example, inputs = known[name]
    network = build().eval()
    open_axes = {i: ({0: "batch"} if name not in TEXT else {0: "batch", 1: f"{i}_length"}) for i in inputs if i != "picture"}
    path = os.path.join(folder, name + ".onnx")
    large = sum(p.numel() * 4 for p in network.parameters()) > 1_900_000_000
    target = os.path.join(folder, name) if large else path
    if large:  # each tensor in a file of its own beside the model
        os.makedirs(target, exist_ok=True)
        target = os.path.join(target, "model.onnx")
    if sum(p.numel() for p in network.parameters()) >= 150_000_000:  # its passing with gradients would not fit
        with torch.no_grad():
            vary(network)
    else:
        make(network, tuple((scene(1, *x.shape)[0] if x.dim() == 3 else scene(*x.shape)) if x.is_floating_point() and x.dim() > 2 else x for x in example()))
    suite.teach(OPSET)
    # with gradients torch keeps to plain attention; it has no ONNX for the fused one
    with torch.set_grad_enabled(any(isinstance(m, nn.MultiheadAttention) for m in network.modules())):
        torch.onnx.export(network, example(), target, opset_version=OPSET, input_names=inputs, output_names=["output"],
                          dynamic_axes={**open_axes, "output": {0: "batch" if open_axes else "found"}})
    return 0


if __name__ == "__main__":
    sys.exit(main())
