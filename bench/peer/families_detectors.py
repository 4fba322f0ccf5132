"""Detectors and masks by queries and prompts."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from suite import Exported
from suite_pictures import conv
from suite_text import Attend


class Detr(nn.Module):
    """A detector without anchors: queries that look at a map whose places are sums over the picture."""

    def __init__(self, width=64, queries=10):
        super().__init__()
        self.body = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2), conv(32, 64, 3, 2), nn.Conv2d(64, width, 1))
        self.queries = nn.Embedding(queries, width)
        self.encoder = nn.ModuleList([nn.ModuleDict({"a": nn.MultiheadAttention(width, 4, batch_first=True), "n": nn.LayerNorm(width), "m": nn.LayerNorm(width),
                                                     "f": nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, width))}) for _ in range(2)])
        self.decoder = nn.ModuleList([nn.ModuleDict({"s": nn.MultiheadAttention(width, 4, batch_first=True), "a": nn.MultiheadAttention(width, 4, batch_first=True), "n": nn.LayerNorm(width),
                                                     "m": nn.LayerNorm(width), "k": nn.LayerNorm(width), "f": nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, width))}) for _ in range(2)])
        self.kinds, self.boxes = nn.Linear(width, 7), nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 4))

    @staticmethod
    def places(mask, width=64):
        y, x = mask.cumsum(1), mask.cumsum(2)
        y, x = y / (y[:, -1:, :] + 1e-6) * 2 * math.pi, x / (x[:, :, -1:] + 1e-6) * 2 * math.pi
        rate = 10000 ** (2 * torch.div(torch.arange(width // 2), 2, rounding_mode="floor") / (width // 2))
        y, x = y[..., None] / rate, x[..., None] / rate
        y, x = (torch.stack((a[..., 0::2].sin(), a[..., 1::2].cos()), dim=4).flatten(3) for a in (y, x))
        return torch.cat((y, x), dim=3).flatten(1, 2)

    def forward(self, pixel_values):
        x = self.body(pixel_values)
        place = self.places(torch.ones_like(x[:, 0]))
        x = x.flatten(2).permute(0, 2, 1)
        for layer in self.encoder:
            x = layer["n"](x + layer["a"](x + place, x + place, x)[0])
            x = layer["m"](x + layer["f"](x))
        query = self.queries.weight.unsqueeze(0).repeat(x.shape[0], 1, 1)
        y = torch.zeros_like(query)
        for layer in self.decoder:
            y = layer["n"](y + layer["s"](y + query, y + query, y)[0])
            y = layer["m"](y + layer["a"](y + query, x + place, x)[0])
            y = layer["k"](y + layer["f"](y))
        return self.kinds(y), self.boxes(y).sigmoid()


class Deformable(nn.Module):
    """DETR's deformable attention: each query reads a few places of maps of several sizes, which it computes."""

    def __init__(self, width=32, heads=4, points=3):
        super().__init__()
        self.heads, self.points = heads, points
        self.levels = nn.ModuleList([conv(3, width, 3, 4), conv(width, width, 3, 2)])
        self.queries, self.where, self.weight = nn.Embedding(9, width), nn.Linear(width, heads * 2 * points * 2), nn.Linear(width, heads * 2 * points)
        self.centre, self.value, self.out = nn.Linear(width, 2), nn.Linear(width, width), nn.Linear(width, 6)

    def forward(self, pixel_values):
        x, maps = pixel_values, []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        n = x.shape[0]
        q = self.queries.weight.expand(n, -1, -1)
        weight = self.weight(q).view(n, 9, self.heads, 2 * self.points).softmax(-1)
        offset = self.where(q).view(n, 9, self.heads, 2, self.points, 2)
        sampled = []
        for i, level in enumerate(maps):
            h, w = level.shape[2:]
            place = self.centre(q).sigmoid()[:, :, None, None] + offset[:, :, :, i] / torch.tensor([w, h], dtype=torch.float32)
            value = self.value(level.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(n * self.heads, -1, h, w)
            sampled.append(F.grid_sample(value, (2 * place - 1).transpose(1, 2).flatten(0, 1), align_corners=False))
        made = (torch.stack(sampled, -2).flatten(-2) * weight.transpose(1, 2).reshape(n * self.heads, 1, 9, -1)).sum(-1)
        return self.out(made.view(n, -1, 9).transpose(1, 2))


class MaskDecoder(nn.Module):
    """Segment Anything's second half: points as random Fourier features, tokens and map that attend to each other, weights of the mask made by small networks."""

    def __init__(self, width=32):
        super().__init__()
        self.register_buffer("waves", torch.randn(2, width // 2))
        self.kinds, self.none, self.marks = nn.Embedding(100, width), nn.Embedding(1, width), nn.Embedding(4, width)
        self.own, self.up_, self.down_ = Attend(width, 4), Attend(width, 4), Attend(width, 4)
        self.norms, self.mlp = nn.ModuleList([nn.LayerNorm(width) for _ in range(4)]), nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, width))
        self.grow = nn.ModuleList([nn.ConvTranspose2d(width, width // 4, 2, 2), nn.ConvTranspose2d(width // 4, width // 8, 2, 2)])
        self.scale, self.shift = nn.Parameter(torch.ones(width // 4)), nn.Parameter(torch.zeros(width // 4))
        self.hyper, self.quality = nn.ModuleList([nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width // 8)) for _ in range(3)]), nn.Linear(width, 3)

    def fourier(self, x):
        x = 2 * math.pi * ((2 * x - 1) @ self.waves)
        return torch.cat([x.sin(), x.cos()], -1)

    def forward(self, embeddings, points, labels):
        n, c, h, w = embeddings.shape
        y, x = torch.meshgrid((torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w, indexing="ij")
        grid = self.fourier(torch.stack([x, y], -1)).flatten(0, 1).unsqueeze(0)
        asked = self.fourier(points / 64.0)
        asked = torch.where((labels == 3).unsqueeze(-1), self.none.weight.expand_as(asked), asked + self.kinds(labels))
        tokens_ = torch.cat([self.marks.weight.unsqueeze(0).expand(n, -1, -1), asked], 1)
        keys = embeddings.flatten(2).permute(0, 2, 1)
        q = self.norms[0](tokens_ + self.own(tokens_, 0.0))
        q = self.norms[1](q + self.down_(q + tokens_, 0.0, keys + grid))
        q = self.norms[2](q + self.mlp(q))
        keys = self.norms[3](keys + self.up_(keys + grid, 0.0, q))
        x = self.grow[0](keys.transpose(1, 2).reshape(n, c, h, w))
        mean = x.mean(1, keepdim=True)
        x = (x - mean) / ((x - mean).pow(2).mean(1, keepdim=True) + 1e-6).sqrt() * self.scale[:, None, None] + self.shift[:, None, None]
        x = F.gelu(self.grow[1](F.gelu(x)))
        weight = torch.stack([one(q[:, 1 + i]) for i, one in enumerate(self.hyper)], 1)
        masks = (weight @ x.flatten(2)).view(n, 3, 4 * h, 4 * w)
        return F.interpolate(masks, (64, 64), mode="bilinear", align_corners=False), self.quality(q[:, 0])


def everything():
    first, picture = {0: "batch"}, ("pixel_values", torch.rand(2, 3, 64, 64), {0: "batch"})
    return {
        "detr": Exported(Detr, [picture], [("logits", first), ("pred_boxes", first)]),
        "deformable_detr": Exported(Deformable, [picture], [("boxes", first)]),
        "sam_decoder": Exported(MaskDecoder, [("embeddings", torch.randn(2, 32, 8, 8), first), ("points", 64 * torch.rand(2, 3, 2), {0: "batch", 1: "points"}), ("labels", torch.randint(0, 4, (2, 3)), {0: "batch", 1: "points"})],
                                [("masks", first), ("quality", first)]),
    }
