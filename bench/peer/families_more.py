"""The rest of families.py: tables, graphs, points, sound, memory, experts."""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import weight_norm

from suite import TOKENS, Exported, tokens
from suite_pictures import conv
from suite_text import VOCABULARY, Attend, RmsNorm


class Dlrm(nn.Module):
    """Recommendation: bags of embeddings, dense features, and the products of all pairs."""

    def __init__(self, size=16):
        super().__init__()
        self.bags = nn.ModuleList([nn.EmbeddingBag(200, size, mode=mode) for mode in ("sum", "mean", "sum")])
        self.bottom = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, size), nn.ReLU())
        self.top = nn.Sequential(nn.Linear(size + 6, 32), nn.ReLU(), nn.Linear(32, 1))
        row, column = torch.tril_indices(4, 4, -1)
        self.register_buffer("row", row)
        self.register_buffer("column", column)

    def forward(self, dense, sparse):
        x = self.bottom(dense)
        all_ = torch.stack([x, *[bag(sparse[i]) for i, bag in enumerate(self.bags)]], 1)
        pairs = torch.bmm(all_, all_.transpose(1, 2))[:, self.row, self.column]
        return self.top(torch.cat([x, pairs], 1)).sigmoid()


class TabNet(nn.Module):
    """Tables: features chosen step by step by a sparsemax, which sorts and sums."""

    def __init__(self, features=12, width=16):
        super().__init__()
        self.norm, self.shared = nn.BatchNorm1d(features), nn.Linear(features, 2 * width)
        self.choose = nn.ModuleList([nn.Linear(width, features) for _ in range(3)])
        self.own = nn.ModuleList([nn.Linear(width, 2 * width) for _ in range(3)])
        self.head = nn.Linear(width, 5)

    @staticmethod
    def sparsemax(x):
        ordered, _ = torch.sort(x, descending=True, dim=-1)
        total = ordered.cumsum(-1) - 1
        count = torch.arange(1, x.shape[-1] + 1, dtype=x.dtype)
        support = (count * ordered > total).sum(-1, keepdim=True)
        return torch.clamp(x - total.gather(-1, support - 1) / support.to(x.dtype), min=0)

    def forward(self, table):
        x = self.norm(table)
        h, prior, total = F.glu(self.shared(x)), torch.ones_like(x), 0
        for choose, own in zip(self.choose, self.own):
            mask = self.sparsemax(choose(h) * prior)
            prior = prior * (1.3 - mask)
            h = F.glu(own(F.glu(self.shared(x * mask)))) * math.sqrt(0.5)
            total = total + F.relu(h)
        return self.head(total)


class GraphAttention(nn.Module):
    """A graph as pairs of nodes: softmax over the edges of each node by scattered maxima and sums; messages added by index."""

    def __init__(self, width=24, heads=3):
        super().__init__()
        self.heads = heads
        self.lift = nn.ModuleList([nn.Linear(16, heads * width), nn.Linear(heads * width, heads * width)])
        self.a, self.b = (nn.ParameterList([nn.Parameter(torch.randn(heads, width)) for _ in range(2)]) for _ in range(2))
        self.gcn, self.head = nn.Linear(heads * width, width), nn.Linear(width, 4)

    def forward(self, x, edges):
        source, target = edges[0], edges[1]
        for i in range(2):
            h = self.lift[i](x).view(x.shape[0], self.heads, -1)
            score = F.leaky_relu((h * self.a[i]).sum(-1)[source] + (h * self.b[i]).sum(-1)[target], 0.2)
            raised = (score - score.amax(0, keepdim=True)).exp()
            under = torch.zeros(x.shape[0], self.heads).scatter_add(0, target.unsqueeze(1).expand(-1, self.heads), raised)
            message = h[source] * (raised / (under[target] + 1e-9)).unsqueeze(-1)
            x = F.elu(torch.zeros_like(h).index_add(0, target, message).flatten(1))
        degree = torch.ones(x.shape[0]).index_add(0, target, torch.ones_like(target, dtype=torch.float32)).rsqrt()
        x = torch.zeros_like(x).index_add(0, target, x[source] * (degree[source] * degree[target]).unsqueeze(1))
        return self.head(F.relu(self.gcn(x)))


class Points(nn.Module):
    """Clouds of points: nearest neighbours by distances and top-k, edge convolutions, a maximum over all."""

    def __init__(self, near=8):
        super().__init__()
        self.near = near
        self.turn = nn.Sequential(nn.Conv1d(3, 32, 1), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(32, 9))
        self.edges = nn.ModuleList([conv(6, 32, 1, act=nn.LeakyReLU), conv(64, 48, 1, act=nn.LeakyReLU)])
        self.last, self.head = nn.Conv1d(80, 64, 1), nn.Sequential(nn.Linear(128, 32), nn.Dropout(0.5), nn.Linear(32, 10))

    def forward(self, points):
        x = torch.bmm(self.turn(points).view(-1, 3, 3) + torch.eye(3), points)
        made = []
        for edge in self.edges:
            rows = x.transpose(1, 2)
            places = (-torch.cdist(rows, rows)).topk(self.near, -1).indices
            n, c, count = x.shape
            flat = (places + torch.arange(n).view(-1, 1, 1) * count).view(-1)
            near = rows.reshape(n * count, c)[flat].view(n, count, self.near, c)
            own = rows.unsqueeze(2).expand(-1, -1, self.near, -1)
            x = edge(torch.cat([near - own, own], 3).permute(0, 3, 1, 2)).max(-1).values
            made.append(x)
        x = self.last(torch.cat(made, 1))
        return self.head(torch.cat([x.max(-1).values, x.mean(-1)], 1))


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


class Perceiver(nn.Module):
    """Few latent rows read any input by attention across."""

    def __init__(self, width=48):
        super().__init__()
        self.latents, self.lift = nn.Parameter(torch.randn(6, width)), nn.Linear(3 + 10, width)
        self.read, self.own = Attend(width, 4), nn.ModuleList([Attend(width, 4) for _ in range(2)])
        self.norms, self.mlp, self.head = nn.ModuleList([nn.LayerNorm(width) for _ in range(4)]), nn.Sequential(nn.Linear(width, 96), nn.GELU(), nn.Linear(96, width)), nn.Linear(width, 10)

    def forward(self, pixels):
        n, c, h, w = pixels.shape
        y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
        place = torch.stack([y, x], -1).flatten(0, 1)
        angle = place.unsqueeze(-1) * torch.tensor([1.0, 2.0]) * math.pi
        place = torch.cat([angle.flatten(1).sin(), angle.flatten(1).cos(), place], -1)
        data = self.lift(torch.cat([pixels.flatten(2).transpose(1, 2), place.unsqueeze(0).expand(n, -1, -1)], -1))
        z = self.latents.unsqueeze(0).expand(n, -1, -1)
        z = z + self.read(self.norms[0](z), 0.0, self.norms[1](data))
        for own in self.own:
            z = z + own(self.norms[2](z), 0.0)
            z = z + self.mlp(self.norms[3](z))
        return self.head(z.mean(1))


class Codebook(nn.Module):
    """A picture in words: the nearest entry of a codebook for each place, then decoded."""

    def __init__(self, width=24):
        super().__init__()
        self.encoder = nn.Sequential(conv(3, width, 4, 2), nn.Conv2d(width, width, 3, 2, 1))
        self.codes, self.decoder = nn.Embedding(32, width), nn.Sequential(nn.ConvTranspose2d(width, width, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(width, 3, 4, 2, 1))

    def forward(self, pixels):
        x = self.encoder(pixels)
        rows = x.permute(0, 2, 3, 1)
        flat = rows.reshape(-1, rows.shape[-1])
        away = flat.pow(2).sum(1, keepdim=True) - 2 * flat @ self.codes.weight.t() + self.codes.weight.pow(2).sum(1)
        chosen = self.codes(away.argmin(1)).view_as(rows).permute(0, 3, 1, 2)
        return self.decoder(x + (chosen - x).detach()), self.decoder(x)


class Disentangled(nn.Module):
    """DeBERTa's attention: places relative to each other, gathered along the scores, both ways."""

    def __init__(self, width=48, heads=3, span=8):
        super().__init__()
        self.heads, self.size, self.span = heads, width // heads, span
        self.tokens, self.relative = nn.Embedding(VOCABULARY, width), nn.Embedding(2 * span, width)
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm, self.inner, self.outer, self.last = nn.LayerNorm(width), nn.Linear(width, 96), nn.Linear(96, width), nn.LayerNorm(width)

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).permute(0, 2, 1, 3)

    def forward(self, input_ids, attention_mask):
        x = self.norm(self.tokens(input_ids))
        n, t = input_ids.shape
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        away = torch.clamp(torch.arange(t)[:, None] - torch.arange(t)[None] + self.span, 0, 2 * self.span - 1)
        rk, rq = self.split(self.k(self.relative.weight.unsqueeze(0))), self.split(self.q(self.relative.weight.unsqueeze(0)))
        index = away[None, None].expand(n, self.heads, t, t)
        scores = q @ k.transpose(2, 3) + torch.gather(q @ rk.transpose(2, 3), -1, index) + torch.gather(k @ rq.transpose(2, 3), -1, index).transpose(2, 3)
        allowed = (attention_mask[:, None, None] * attention_mask[:, None, :, None]).bool()
        weight = (scores / math.sqrt(3 * self.size)).masked_fill(~allowed, -1e9).softmax(-1).masked_fill(~allowed, 0)
        x = x + self.out((weight @ v).permute(0, 2, 1, 3).flatten(2))
        return self.last(x + self.outer(F.gelu(self.inner(x))))


class TopExperts(nn.Module):
    """Mixtral's layer: each token goes to two of four experts, whose answers are added by index; attention biased by distance alone (ALiBi), a window, capped scores."""

    def __init__(self, width=48, heads=4):
        super().__init__()
        self.heads = heads
        self.tokens, self.norms, self.gate = nn.Embedding(VOCABULARY, width), nn.ModuleList([RmsNorm(width) for _ in range(3)]), nn.Linear(width, 4, bias=False)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.w1, self.w2, self.w3 = (nn.ModuleList([nn.Linear(*s, bias=False) for _ in range(4)]) for s in ((width, 80), (80, width), (width, 80)))

    def forward(self, input_ids):
        x = self.tokens(input_ids) * math.sqrt(48)
        n, t, w = x.shape
        q, k, v = self.qkv(self.norms[0](x)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        away = torch.arange(t)[None] - torch.arange(t)[:, None]
        slope = 2.0 ** -torch.arange(1, self.heads + 1)
        scores = 30 * torch.tanh((q @ k.transpose(2, 3) / 12 + away * slope[:, None, None]) / 30)
        scores = scores.masked_fill((away > 0) | (away < -8), float("-inf"))
        x = x + self.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        h = self.norms[1](x).view(-1, w)
        weight, chosen = self.gate(h).softmax(-1).topk(2, -1)
        weight = weight / weight.sum(-1, keepdim=True)
        made = torch.zeros_like(h)
        for i in range(4):
            row, place = torch.where(chosen == i)
            given = h[row]
            given = self.w2[i](F.silu(self.w1[i](given)) * self.w3[i](given))
            made = made.index_add(0, row, given * weight[row, place].unsqueeze(1))
        return self.norms[2](x + made.view(n, t, w)) @ self.tokens.weight.t()


class Flow(nn.Module):
    """Optical flow as RAFT has it: all pairs' products, looked up where the flow points, a convolutional gated cell that mends it; upsampled by learned weights of neighbours."""

    def __init__(self, width=24, steps=2):
        super().__init__()
        self.steps = steps
        self.features, self.context = nn.Sequential(conv(3, width, 7, 4), nn.InstanceNorm2d(width), nn.Conv2d(width, width, 3, 2, 1)), nn.Sequential(conv(3, width, 7, 4), nn.Conv2d(width, 2 * width, 3, 2, 1))
        self.motion = conv(2 * 9 + 2, width, 3)
        self.z, self.r, self.q = (nn.Conv2d(3 * width, width, 3, padding=1) for _ in range(3))
        self.delta, self.mask = nn.Conv2d(width, 2, 3, padding=1), nn.Conv2d(width, 9 * 16, 1)

    def forward(self, first, second):
        a, b = self.features(first), self.features(second)
        n, c, h, w = a.shape
        pairs = (a.flatten(2).transpose(1, 2) @ b.flatten(2) / math.sqrt(c)).reshape(n * h * w, 1, h, w)
        pyramid = [pairs, F.avg_pool2d(pairs, 2, 2)]
        state, context = self.context(first).chunk(2, 1)
        state, context = torch.tanh(state), F.relu(context)
        y, x = torch.meshgrid(torch.arange(h, dtype=torch.float32), torch.arange(w, dtype=torch.float32), indexing="ij")
        start = torch.stack([x, y], 0).expand(n, -1, -1, -1)
        near = torch.stack(torch.meshgrid(torch.arange(-1.0, 2), torch.arange(-1.0, 2), indexing="ij"), -1).view(1, 3, 3, 2)
        now = start
        for _ in range(self.steps):
            read = []
            for i, level in enumerate(pyramid):
                place = now.permute(0, 2, 3, 1).reshape(n * h * w, 1, 1, 2) / 2 ** i + near
                size = torch.tensor([level.shape[3] - 1.0, level.shape[2] - 1.0])
                read.append(F.grid_sample(level, 2 * place / size - 1, align_corners=True).view(n, h, w, 9).permute(0, 3, 1, 2))
            given = torch.cat([context, self.motion(torch.cat([*read, now - start], 1))], 1)
            joined = torch.cat([state, given], 1)
            z, r = self.z(joined).sigmoid(), self.r(joined).sigmoid()
            state = (1 - z) * state + z * torch.tanh(self.q(torch.cat([r * state, given], 1)))
            now = now + self.delta(state)
        mask = self.mask(state).view(n, 1, 9, 4, 4, h, w).softmax(2)
        wide = F.unfold(4 * (now - start), 3, padding=1).view(n, 2, 9, 1, 1, h, w)
        return (mask * wide).sum(2).permute(0, 1, 4, 2, 5, 3).reshape(n, 2, 4 * h, 4 * w)


class Rays(nn.Module):
    """A radiance field with sines, and a mixture along the ray by a cumulative product."""

    def __init__(self, width=48):
        super().__init__()
        self.layers, self.sigma, self.rgb = nn.ModuleList([nn.Linear(27, width), nn.Linear(width + 27, width)]), nn.Linear(width, 1), nn.Linear(width, 3)

    def forward(self, origins, directions):
        depth = torch.linspace(2, 6, 16)
        x = origins[:, None] + directions[:, None] * depth[:, None]
        waves = torch.cat([x, *[f(x * 2 ** i) for i in range(4) for f in (torch.sin, torch.cos)]], -1)
        h = torch.sin(30 * self.layers[0](waves) / 10)
        h = F.softplus(self.layers[1](torch.cat([h, waves], -1)), beta=2)
        alpha = 1 - torch.exp(-F.relu(self.sigma(h)[..., 0]) * 4 / 15)
        through = torch.exp(torch.cumsum(torch.log(1 - alpha + 1e-10), 1))
        weight = alpha * torch.cat([torch.ones_like(through[:, :1]), through[:, :-1]], 1)
        return (weight[..., None] * self.rgb(h).sigmoid()).sum(1), (weight * depth).sum(1)


class Capsules(nn.Module):
    """Capsules routed by agreement; a fixed number of rounds."""

    def __init__(self):
        super().__init__()
        self.first, self.second = conv(1, 16, 5, 2), nn.Conv2d(16, 32, 5, 2)
        self.weight = nn.Parameter(torch.randn(1, 100, 5, 8, 8) * 0.2)

    @staticmethod
    def squash(x):
        power = (x ** 2).sum(-1, keepdim=True)
        return power / (1 + power) * x / torch.sqrt(power + 1e-8)

    def forward(self, picture):
        x = self.second(self.first(picture))
        x = self.squash(x.view(x.shape[0], 4, 8, -1).permute(0, 1, 3, 2).reshape(x.shape[0], -1, 8))
        u = (self.weight @ x[:, :, None, :, None]).squeeze(-1)
        b = torch.zeros_like(u[..., 0])
        for _ in range(3):
            v = self.squash((b.softmax(2).unsqueeze(-1) * u).sum(1))
            b = b + (u * v.unsqueeze(1)).sum(-1)
        return v.norm(dim=-1)


class Clouds(nn.Module):
    """A sequence of pictures through a convolutional LSTM."""

    def __init__(self, width=16):
        super().__init__()
        self.width, self.gates, self.head = width, nn.Conv2d(1 + width, 4 * width, 3, padding=1), nn.Conv2d(width, 1, 1)

    def forward(self, frames):
        n, t, _, h, w = frames.shape
        state = memory = torch.zeros(n, self.width, h, w)
        for step in range(t):
            i, f, o, g = self.gates(torch.cat([frames[:, step], state], 1)).split(self.width, 1)
            memory = f.sigmoid() * memory + i.sigmoid() * torch.tanh(g)
            state = o.sigmoid() * torch.tanh(memory)
        return self.head(state)


class Involution(nn.Module):
    """Kernels made of the place itself, on unfolded neighbourhoods; then pyramid pools, and a fusion by weights that stay positive."""

    def __init__(self, width=24):
        super().__init__()
        self.stem, self.reduce, self.span = conv(3, width, 3, 2), conv(width, width // 4, 1), nn.Conv2d(width // 4, 9 * 4, 1)
        self.pools, self.weights = nn.ModuleList([nn.Conv2d(width, width, 1) for _ in range(3)]), nn.Parameter(torch.ones(4))
        self.head = nn.Conv2d(width, 5, 1)

    def forward(self, picture):
        x = self.stem(picture)
        n, c, h, w = x.shape
        kernel = self.span(self.reduce(x)).view(n, 4, 1, 9, h, w)
        x = (kernel * F.unfold(x, 3, padding=1).view(n, 4, c // 4, 9, h, w)).sum(3).view(n, c, h, w)
        weight = F.relu(self.weights) / (F.relu(self.weights).sum() + 1e-4)
        total = x * weight[0]
        for i, one in enumerate(self.pools):
            total = total + weight[i + 1] * F.interpolate(one(F.adaptive_avg_pool2d(x, 2 ** i)), size=(h, w), mode="bilinear", align_corners=True)
        return F.interpolate(self.head(total), scale_factor=2.0, mode="bicubic", align_corners=False)


def everything():
    first, clouds = {0: "batch"}, [("frames", torch.randn(2, 4, 1, 24, 24), {0: "batch"})]
    ids, mask = ("input_ids", tokens(2, 12), TOKENS), ("attention_mask", torch.ones(2, 12, dtype=torch.int64), TOKENS)
    picture = ("pixels", torch.rand(2, 3, 32, 32), first)
    return {
        "dlrm": Exported(Dlrm, [("dense", torch.rand(2, 13), first), ("sparse", torch.randint(0, 200, (3, 2, 5)), {1: "batch"})], [("click", first)]),
        "tabnet": Exported(TabNet, [("table", torch.randn(8, 12), first)], [("scores", first)]),
        "graph_attention": Exported(GraphAttention, [("x", torch.randn(120, 16), {}), ("edges", torch.randint(0, 120, (2, 300)), {1: "edges"})], [("scores", {})]),
        "points": Exported(Points, [("points", torch.randn(2, 3, 64), {})], [("scores", {})]),
        "hifigan": Exported(HifiGan, [("mel", torch.randn(2, 40, 24), {0: "batch", 2: "frames"})], [("wave", first)]),
        "wav2vec2": Exported(Wav2vec, [("input_values", torch.randn(2, 1600), {0: "batch", 1: "samples"})], [("codes", first), ("logits", first)]),
        "tacotron": Exported(Tacotron, [("input_ids", tokens(2, 12), {0: "batch", 1: "sequence"})], [("mel", first), ("stop", first)]),
        "tcn": Exported(Tcn, [("series", torch.randn(2, 6, 40), {0: "batch", 2: "time"})], [("forecast", first)]),
        "sam_decoder": Exported(MaskDecoder, [("embeddings", torch.randn(2, 32, 8, 8), first), ("points", 64 * torch.rand(2, 3, 2), {0: "batch", 1: "points"}), ("labels", torch.randint(0, 4, (2, 3)), {0: "batch", 1: "points"})],
                                [("masks", first), ("quality", first)]),
        "perceiver": Exported(Perceiver, [picture], [("scores", first)]),
        "vqvae": Exported(Codebook, [picture], [("picture", first), ("smooth", first)]),
        "deberta": Exported(Disentangled, [ids, mask], [("last_hidden_state", TOKENS)]),
        "mixtral_alibi": Exported(TopExperts, [ids], [("logits", TOKENS)]),
        "raft": Exported(Flow, [("first", torch.rand(2, 3, 64, 64), first), ("second", torch.rand(2, 3, 64, 64), first)], [("flow", first)]),
        "nerf": Exported(Rays, [("origins", torch.randn(6, 3), {0: "rays"}), ("directions", torch.randn(6, 3), {0: "rays"})], [("colour", {0: "rays"}), ("depth", {0: "rays"})]),
        "capsules": Exported(Capsules, [("picture", torch.rand(2, 1, 28, 28), first)], [("lengths", first)]),
        "conv_lstm": Exported(Clouds, clouds, [("next", first)]),
        "involution": Exported(Involution, [("picture", torch.rand(2, 3, 64, 64), first)], [("maps", first)]),
    }
