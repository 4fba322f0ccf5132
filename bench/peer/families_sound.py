"""Sound and speech: recognizers, decoders with a memory, vocoders, forecasts."""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import weight_norm

from suite import TOKENS, Exported, tokens
from suite_text import VOCABULARY, Attend


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


class HifiGan(nn.Module):
    """A vocoder: transposed convolutions over time with normed weights, dilated ones beside each other."""

    def __init__(self, width=64):
        super().__init__()
        self.first, self.last = weight_norm(nn.Conv1d(40, width, 7, padding=3)), weight_norm(nn.Conv1d(width // 4, 1, 7, padding=3))
        self.ups = nn.ModuleList([weight_norm(nn.ConvTranspose1d(width, width // 2, 8, 4, 2)), weight_norm(nn.ConvTranspose1d(width // 2, width // 4, 4, 2, 1))])
        self.inner = nn.ModuleList([nn.ModuleList([nn.ModuleList([weight_norm(nn.Conv1d(c, c, k, dilation=d, padding=d * (k - 1) // 2)) for d in (1, 3)]) for k in (3, 7)]) for c in (width // 2, width // 4)])

    def forward(self, mel):
        x = self.first(mel)
        for up, inner in zip(self.ups, self.inner):
            x, total = up(F.leaky_relu(x, 0.1)), 0
            for kernels in inner:
                y = x
                for one in kernels:
                    y = y + one(F.leaky_relu(y, 0.1))
                total = total + y
            x = total / len(inner)
        return torch.tanh(self.last(F.leaky_relu(x)))


class Wav2vec(nn.Module):
    """Sound as it is: strided convolutions with a group norm, places by a wide grouped convolution, layers, a product codebook."""

    def __init__(self, width=64):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv1d(1 if i == 0 else 32, 32, k, s, bias=False) for i, (k, s) in enumerate([(10, 5), (3, 2), (3, 2), (2, 2)])])
        self.group, self.norm, self.project = nn.GroupNorm(32, 32), nn.LayerNorm(32), nn.Linear(32, width)
        self.place = weight_norm(nn.Conv1d(width, width, 16, padding=8, groups=4), dim=2)
        self.layers = nn.ModuleList([nn.ModuleDict({"a": Attend(width, 4), "n": nn.LayerNorm(width), "m": nn.LayerNorm(width), "i": nn.Linear(width, 128), "o": nn.Linear(128, width)}) for _ in range(2)])
        self.code, self.codes = nn.Linear(width, 2 * 20), nn.Parameter(torch.rand(40, 24))
        self.head = nn.Linear(48, 32)

    def forward(self, input_values):
        x = ((input_values - input_values.mean(-1, keepdim=True)) / (input_values.var(-1, keepdim=True) + 1e-7).sqrt()).unsqueeze(1)
        for i, one in enumerate(self.convs):
            x = one(x)
            x = F.gelu(self.group(x) if i == 0 else x)
        x = self.project(self.norm(x.transpose(1, 2)))
        x = x + F.gelu(self.place(x.transpose(1, 2))[..., :-1]).transpose(1, 2)
        for layer in self.layers:
            x = layer["n"](x + layer["a"](x, 0.0))
            x = layer["m"](x + layer["o"](F.gelu(layer["i"](x))))
        n, t, _ = x.shape
        chosen = self.code(x).view(n * t * 2, 20).argmax(-1)
        one_hot = torch.zeros(n * t * 2, 20).scatter_(-1, chosen.view(-1, 1), 1.0).view(n * t, 40)
        return self.head((one_hot.unsqueeze(-1) * self.codes).view(n * t, 2, 20, 24).sum(2).view(n, t, 48)), self.code(x)


class Tacotron(nn.Module):
    """Text to a spectrogram: an encoder of both directions, then cells that attend by what they attended before, step by step."""

    def __init__(self, width=48, steps=5):
        super().__init__()
        self.steps = steps
        self.tokens, self.conv = nn.Embedding(VOCABULARY, width), nn.Sequential(nn.Conv1d(width, width, 5, padding=2), nn.BatchNorm1d(width), nn.ReLU())
        self.encoder, self.prenet = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True), nn.Sequential(nn.Linear(20, 24), nn.ReLU())
        self.cell, self.second = nn.LSTMCell(24 + width, width), nn.GRUCell(2 * width, width)
        self.query, self.key, self.place, self.energy = nn.Linear(width, 32, bias=False), nn.Linear(width, 32, bias=False), nn.Conv1d(2, 32, 7, padding=3, bias=False), nn.Linear(32, 1, bias=False)
        self.mel, self.stop = nn.Linear(2 * width, 20), nn.Linear(2 * width, 1)

    def forward(self, input_ids):
        x = self.encoder(self.conv(self.tokens(input_ids).transpose(1, 2)).transpose(1, 2))[0]
        key, n = self.key(x), x.shape[0]
        h = c = context = torch.zeros(n, x.shape[2])
        second, mel = torch.zeros(n, x.shape[2]), torch.full((n, 20), 0.5)
        weight = total = torch.zeros_like(x[:, :, 0])
        mels, stops = [], []
        for _ in range(self.steps):
            h, c = self.cell(torch.cat([self.prenet(mel), context], 1), (h, c))
            place = self.place(torch.stack([weight, total], 1)).transpose(1, 2)
            weight = self.energy(torch.tanh(self.query(h).unsqueeze(1) + key + place)).squeeze(-1).softmax(-1)
            total = total + weight
            context = torch.bmm(weight.unsqueeze(1), x).squeeze(1)
            second = self.second(torch.cat([h, context], 1), second)
            mel = self.mel(torch.cat([second, context], 1))
            mels.append(mel)
            stops.append(self.stop(torch.cat([second, context], 1)))
        return torch.stack(mels, 1), torch.cat(stops, 1).sigmoid()


class Tcn(nn.Module):
    """Series: causal dilated convolutions, what is padded too much cut off."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([weight_norm(nn.Conv1d(6 if i == 0 else 32, 32, 3, padding=2 * 2 ** i, dilation=2 ** i)) for i in range(4)])
        self.side, self.head = nn.Conv1d(6, 32, 1), nn.Linear(32, 3)

    def forward(self, series):
        x = series
        for i, one in enumerate(self.convs):
            y = F.relu(one(x)[:, :, :-2 * 2 ** i].contiguous())
            x = F.relu(y + (self.side(x) if i == 0 else x))
        return self.head(x[:, :, -1])


def everything():
    first = {0: "batch"}
    past = [(f"past.{i}", torch.randn(2, 4, 5, 16), {0: "batch", 2: "past" if i % 4 < 2 else "sound"}) for i in range(8)]
    return {
        "conformer": Exported(Conformer, [("features", torch.randn(2, 64, 40), {0: "batch", 1: "time"})], [("scores", first)]),
        "whisper_decoder": Exported(WhisperDecoder, [("input_ids", tokens(2, 3), TOKENS), *past], [("logits", TOKENS), *[(f"present.{i}", {0: "batch", 2: "all"}) for i in range(4)]]),
        "hifigan": Exported(HifiGan, [("mel", torch.randn(2, 40, 24), {0: "batch", 2: "frames"})], [("wave", first)]),
        "wav2vec2": Exported(Wav2vec, [("input_values", torch.randn(2, 1600), {0: "batch", 1: "samples"})], [("codes", first), ("logits", first)]),
        "tacotron": Exported(Tacotron, [("input_ids", tokens(2, 12), {0: "batch", 1: "sequence"})], [("mel", first), ("stop", first)]),
        "tcn": Exported(Tcn, [("series", torch.randn(2, 6, 40), {0: "batch", 2: "time"})], [("forecast", first)]),
    }
