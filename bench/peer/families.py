"""Architectures beyond torchvision's, small, in plain modules, as their authors export them: what users bring that is neither a classifier of pictures nor a plain transformer."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from suite import TOKENS, Exported, tokens
from suite_pictures import conv
from suite_text import VOCABULARY, Attend, RmsNorm, turned


class Conformer(nn.Module):
    """Speech: strided convolutions, then half a feed-forward, attention by relative places (shifted by padding and a view), a gated depthwise convolution, the other half."""

    def __init__(self, width=64, heads=4, layers=2):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3, 2), nn.ReLU(), nn.Conv2d(16, 16, 3, 2), nn.ReLU())
        self.first = nn.Linear(16 * 9, width)

        def half():
            return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width))
        self.layers = nn.ModuleList([nn.ModuleDict({
            "before": half(), "after": half(), "norm": nn.LayerNorm(width), "qkv": nn.Linear(width, 3 * width), "place": nn.Linear(width, width, bias=False), "out": nn.Linear(width, width),
            "norm2": nn.LayerNorm(width), "wide": nn.Conv1d(width, 2 * width, 1), "deep": nn.Conv1d(width, width, 15, padding=7, groups=width), "batch": nn.BatchNorm1d(width),
            "narrow": nn.Conv1d(width, width, 1), "last": nn.LayerNorm(width)}) for _ in range(layers)])
        self.u, self.v = (nn.ParameterList([nn.Parameter(torch.randn(heads, width // heads) * 0.1) for _ in range(layers)]) for _ in range(2))
        self.head = nn.Linear(width, 29)

    def forward(self, features):
        x = self.stem(features.unsqueeze(1))
        n, c, t, f = x.shape
        x = self.first(x.permute(0, 2, 1, 3).reshape(n, t, c * f))
        away = torch.arange(t - 1, -t, -1, dtype=torch.float32)[:, None] / 10000 ** (torch.arange(0, 64, 2, dtype=torch.float32) / 64)
        places = torch.stack([away.sin(), away.cos()], -1).flatten(1)
        for i, layer in enumerate(self.layers):
            x = x + 0.5 * layer["before"](x)
            q, k, v = layer["qkv"](layer["norm"](x)).view(n, t, 3, self.heads, self.size).unbind(2)
            p = layer["place"](places).view(-1, self.heads, self.size)
            near = torch.einsum("nqhd,nkhd->nhqk", q + self.u[i], k)
            far = torch.einsum("nqhd,phd->nhqp", q + self.v[i], p)
            far = F.pad(far, (1, 0)).view(n, self.heads, -1, t)[:, :, 1:].view(n, self.heads, t, 2 * t - 1)[..., :t]
            x = x + layer["out"](torch.einsum("nhqk,nkhd->nqhd", ((near + far) / math.sqrt(self.size)).softmax(-1), v).flatten(2))
            h = F.glu(layer["wide"](layer["norm2"](x).transpose(1, 2)), 1)
            x = x + layer["narrow"](F.silu(layer["batch"](layer["deep"](h)))).transpose(1, 2)
            x = layer["last"](x + 0.5 * layer["after"](x))
        return self.head(x).log_softmax(-1)


class WhisperDecoder(nn.Module):
    """A decoder of speech with keys and values of earlier tokens and of the sound going in, those of all tokens out."""

    def __init__(self, width=64, heads=4, layers=2):
        super().__init__()
        self.tokens, self.places = nn.Embedding(VOCABULARY, width), nn.Parameter(torch.randn(128, width) * 0.5)
        self.layers = nn.ModuleList([nn.ModuleDict({"own": Attend(width, heads), "cross": Attend(width, heads), "n1": nn.LayerNorm(width), "n2": nn.LayerNorm(width), "n3": nn.LayerNorm(width),
                                                    "fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)}) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)

    def forward(self, input_ids, *past):
        x = self.tokens(input_ids) + self.places[past[0].shape[2]:past[0].shape[2] + input_ids.shape[1]]
        present = []
        for i, layer in enumerate(self.layers):
            own, cross, h = layer["own"], layer["cross"], layer["n1"](x)
            k = torch.cat([past[4 * i], own.split(own.key(h))], 2)
            v = torch.cat([past[4 * i + 1], own.split(own.value(h))], 2)
            present += [k, v]
            x = x + own.dense(((own.split(own.query(h)) @ k.transpose(2, 3) / 4).softmax(-1) @ v).transpose(1, 2).flatten(2))
            q = cross.split(cross.query(layer["n2"](x)))
            x = x + cross.dense(((q @ past[4 * i + 2].transpose(2, 3) / 4).softmax(-1) @ past[4 * i + 3]).transpose(1, 2).flatten(2))
            x = x + layer["fc2"](F.gelu(layer["fc1"](layer["n3"](x))))
        return (self.norm(x) @ self.tokens.weight.t(), *present)


class Mamba(nn.Module):
    """Selective state spaces: a causal depthwise convolution, then a scan over time, written out."""

    def __init__(self, width=32, inner=64, states=8, steps=12):
        super().__init__()
        self.states, self.steps = states, steps
        self.tokens, self.norm = nn.Embedding(VOCABULARY, width), RmsNorm(width)
        self.enter, self.deep = nn.Linear(width, 2 * inner, bias=False), nn.Conv1d(inner, inner, 4, padding=3, groups=inner)
        self.choose, self.rate, self.leave = nn.Linear(inner, 4 + 2 * states, bias=False), nn.Linear(4, inner), nn.Linear(inner, width, bias=False)
        self.decay, self.skip = nn.Parameter(torch.log(torch.arange(1, states + 1).float()).repeat(inner, 1)), nn.Parameter(torch.ones(inner))
        self.head = nn.Linear(width, VOCABULARY, bias=False)

    def forward(self, input_ids):
        x = self.tokens(input_ids)
        h, gate = self.enter(self.norm(x)).chunk(2, -1)
        h = F.silu(self.deep(h.transpose(1, 2))[..., :input_ids.shape[1]]).transpose(1, 2)
        rate, b, c = self.choose(h).split([4, self.states, self.states], -1)
        rate = F.softplus(self.rate(rate))
        decay = torch.exp(rate.unsqueeze(-1) * -self.decay.exp())
        given = rate.unsqueeze(-1) * b.unsqueeze(2) * h.unsqueeze(-1)
        state, made = torch.zeros_like(given[:, 0]), []
        for step in range(self.steps):
            state = decay[:, step] * state + given[:, step]
            made.append((state * c[:, step].unsqueeze(1)).sum(-1))
        y = torch.stack(made, 1) + h * self.skip
        return self.head(x + self.leave(y * F.silu(gate)))


class Rwkv(nn.Module):
    """Linear attention by decayed sums, with each token shifted into the next; the scan is a loop of the graph, so any length runs."""

    def __init__(self, width=48):
        super().__init__()
        self.tokens, self.n1, self.n2 = nn.Embedding(VOCABULARY, width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix = nn.ParameterList([nn.Parameter(torch.rand(width)) for _ in range(5)])
        self.k, self.v, self.r, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.up, self.down, self.gate = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False), nn.Linear(width, width, bias=False)
        self.decay, self.bonus = nn.Parameter(torch.randn(width)), nn.Parameter(torch.randn(width))
        self.head = nn.Linear(width, VOCABULARY, bias=False)

    @staticmethod
    def mixed(x, rate):
        before = F.pad(x, (0, 0, 1, -1))
        return x * rate + before * (1 - rate)

    def forward(self, input_ids):
        x = self.tokens(input_ids)
        h = self.n1(x)
        k, v, r = self.k(self.mixed(h, self.mix[0])), self.v(self.mixed(h, self.mix[1])), self.r(self.mixed(h, self.mix[2])).sigmoid()
        x = x + self.out(r * scan(k, v, -self.decay.exp(), self.bonus))
        h = self.n2(x)
        up = F.relu(self.up(self.mixed(h, self.mix[3]))).square()
        return self.head(x + self.gate(self.mixed(h, self.mix[4])).sigmoid() * self.down(up))


@torch.jit.script
def scan(k, v, decay, bonus):
    over = torch.zeros_like(k[:, 0])
    under = torch.zeros_like(over)
    most = torch.zeros_like(over) - 1e30
    made = torch.zeros_like(v[:, :0])
    for step in range(k.shape[1]):
        now, value = k[:, step], v[:, step]
        top = torch.maximum(most, bonus + now)
        a, b = torch.exp(most - top), torch.exp(bonus + now - top)
        made = torch.cat([made, ((a * over + b * value) / (a * under + b)).unsqueeze(1)], 1)
        top = torch.maximum(most + decay, now)
        a, b = torch.exp(most + decay - top), torch.exp(now - top)
        over, under, most = a * over + b * value, a * under + b, top
    return made


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


class Modulated(nn.Module):
    """StyleGAN 2's generator: the weights of a convolution are scaled by a style for each picture, all pictures as groups of one convolution."""

    def __init__(self, width=32):
        super().__init__()
        self.map = nn.Sequential(*[m for _ in range(3) for m in (nn.Linear(32, 32), nn.LeakyReLU(0.2))])
        self.first = nn.Parameter(torch.randn(1, width, 4, 4))
        self.styles = nn.ModuleList([nn.Linear(32, width) for _ in range(3)])
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(1, width, width, 3, 3)) for _ in range(3)])
        self.bias = nn.ParameterList([nn.Parameter(torch.zeros(1, width, 1, 1)) for _ in range(3)])
        self.rgb = nn.ModuleList([nn.Conv2d(width, 3, 1) for _ in range(3)])
        self.register_buffer("blur", torch.tensor([1.0, 3, 3, 1])[:, None] * torch.tensor([1.0, 3, 3, 1]) / 64)

    def forward(self, z):
        w = self.map(z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8))
        n, x, picture = int(z.shape[0]), self.first.repeat(z.shape[0], 1, 1, 1), None
        for i in range(3):
            weight = self.weights[i] * self.styles[i](w).view(n, 1, -1, 1, 1) / 17
            weight = weight * torch.rsqrt(weight.square().sum([2, 3, 4], keepdim=True) + 1e-8)
            c, side = int(x.shape[1]), int(x.shape[2])
            if i:
                x = F.conv_transpose2d(x.reshape(1, n * c, side, side), weight.transpose(1, 2).reshape(n * c, c, 3, 3), stride=2, groups=n).view(n, c, 2 * side + 1, 2 * side + 1)
                x = F.conv2d(F.pad(x, (1, 1, 1, 1)), self.blur.repeat(c, 1, 1, 1) * 4, groups=c)
            else:
                x = F.conv2d(x.reshape(1, n * c, side, side), weight.view(n * c, c, 3, 3), padding=1, groups=n).view(n, c, side, side)
            x = F.leaky_relu(x + self.bias[i], 0.2) * math.sqrt(2)
            rgb = self.rgb[i](x)
            picture = rgb if picture is None else rgb + F.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False)
        return picture


class NafNet(nn.Module):
    """Restoration without activations: halves that multiply each other, a norm over channels, pixels shuffled back."""

    def __init__(self, width=16):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, 3, 3, padding=1)
        self.blocks = nn.ModuleList([self.block(width), self.block(2 * width), self.block(width)])
        self.down, self.up = nn.Conv2d(width, 2 * width, 2, 2), nn.Sequential(nn.Conv2d(2 * width, 4 * width, 1, bias=False), nn.PixelShuffle(2))

    @staticmethod
    def block(c):
        return nn.ModuleDict({"wide": nn.Conv2d(c, 2 * c, 1), "deep": nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c), "look": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c, 1)),
                              "narrow": nn.Conv2d(c, c, 1), "up": nn.Conv2d(c, 2 * c, 1), "down": nn.Conv2d(c, c, 1),
                              "scales": nn.ParameterDict({"n1": nn.Parameter(torch.ones(c)), "n2": nn.Parameter(torch.ones(c)), "beta": nn.Parameter(torch.zeros(1, c, 1, 1))})})

    @staticmethod
    def norm(x, weight):
        mean = x.mean(1, keepdim=True)
        return (x - mean) / ((x - mean).pow(2).mean(1, keepdim=True) + 1e-6).sqrt() * weight.view(1, -1, 1, 1)

    def run(self, block, x):
        a, b = block["deep"](block["wide"](self.norm(x, block["scales"]["n1"]))).chunk(2, dim=1)
        h = a * b
        x = x + block["narrow"](h * block["look"](h)) * block["scales"]["beta"]
        a, b = block["up"](self.norm(x, block["scales"]["n2"])).chunk(2, dim=1)
        return x + block["down"](a * b)

    def forward(self, picture):
        a = self.run(self.blocks[0], self.first(picture))
        b = self.run(self.blocks[1], self.down(a))
        return picture + self.last(self.run(self.blocks[2], self.up(b) + a))


def everything():
    import families_more as more
    ids, picture = ("input_ids", tokens(2, 12), {0: "batch"}), ("pixel_values", torch.rand(2, 3, 64, 64), {0: "batch"})
    past = [(f"past.{i}", torch.randn(2, 4, 5, 16), {0: "batch", 2: "past" if i % 4 < 2 else "sound"}) for i in range(8)]
    first = {0: "batch"}
    return {
        "conformer": Exported(Conformer, [("features", torch.randn(2, 64, 40), {0: "batch", 1: "time"})], [("scores", first)]),
        "whisper_decoder": Exported(WhisperDecoder, [("input_ids", tokens(2, 3), TOKENS), *past], [("logits", TOKENS), *[(f"present.{i}", {0: "batch", 2: "all"}) for i in range(4)]]),
        "mamba": Exported(Mamba, [ids], [("logits", first)]),
        "rwkv": Exported(Rwkv, [("input_ids", tokens(2, 12), TOKENS)], [("logits", TOKENS)]),
        "detr": Exported(Detr, [picture], [("logits", first), ("pred_boxes", first)]),
        "deformable_detr": Exported(Deformable, [picture], [("boxes", first)]),
        "stylegan2": Exported(Modulated, [("z", torch.randn(2, 32), {})], [("picture", {})]),
        "nafnet": Exported(NafNet, [("picture", torch.rand(2, 3, 64, 64), {0: "batch", 2: "height", 3: "width"})], [("restored", first)]),
        **more.everything(),
    }
