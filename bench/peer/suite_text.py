"""Networks of text, sound and both, small, written as the libraries that export them write them: shapes read from the input, views and permutes, masks added."""
import math

import torch
from torch import nn
from torch.nn import functional as F

VOCABULARY = 1000


class Attend(nn.Module):
    """Heads by view and permute; across to other tokens where they are given."""

    def __init__(self, width, heads, bias=True, scaled=True):
        super().__init__()
        self.heads, self.size, self.scaled = heads, width // heads, scaled
        self.query, self.key, self.value, self.dense = (nn.Linear(width, width, bias=bias) for _ in range(4))

    def split(self, x):
        return x.view(x.shape[:-1] + (self.heads, self.size)).permute(0, 2, 1, 3)

    def forward(self, x, bias, memory=None):
        memory = x if memory is None else memory
        q, k, v = self.split(self.query(x)), self.split(self.key(memory)), self.split(self.value(memory))
        scores = q @ k.transpose(-1, -2)
        if self.scaled:
            scores = scores / math.sqrt(self.size)
        made = (scores + bias).softmax(-1) @ v
        made = made.permute(0, 2, 1, 3).contiguous()
        return self.dense(made.view(made.shape[:-2] + (self.heads * self.size,)))


class Bert(nn.Module):
    def __init__(self, width=128, heads=4, layers=2):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(VOCABULARY, width), nn.Embedding(128, width), nn.Embedding(2, width)
        self.register_buffer("position_ids", torch.arange(128).expand((1, -1)))
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList([nn.ModuleDict({
            "attention": Attend(width, heads), "norm1": nn.LayerNorm(width, 1e-12), "inner": nn.Linear(width, 4 * width),
            "outer": nn.Linear(4 * width, width), "norm2": nn.LayerNorm(width, 1e-12)}) for _ in range(layers)])
        self.pooler = nn.Linear(width, width)

    def forward(self, input_ids, attention_mask, token_type_ids):
        bias = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * -10000.0
        places = self.position_ids[:, : input_ids.shape[1]]
        x = self.norm(self.words(input_ids) + self.types(token_type_ids) + self.positions(places))
        for layer in self.layers:
            x = layer["norm1"](x + layer["attention"](x, bias))
            x = layer["norm2"](x + layer["outer"](F.gelu(layer["inner"](x))))
        return x, torch.tanh(self.pooler(x[:, 0]))


class Conv1D(nn.Module):
    """GPT-2's linear layer: its weight is [in, out]."""

    def __init__(self, out, size):
        super().__init__()
        self.out = out
        self.weight, self.bias = nn.Parameter(torch.randn(size, out) / math.sqrt(size)), nn.Parameter(torch.zeros(out))

    def forward(self, x):
        shape = x.size()[:-1] + (self.out,)
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(shape)


class Gpt2(nn.Module):
    """With the keys and values of earlier tokens going in and out."""

    def __init__(self, width=128, heads=4, layers=2):
        super().__init__()
        self.heads, self.width = heads, width
        self.wte, self.wpe = nn.Embedding(VOCABULARY, width), nn.Embedding(128, width)
        self.wte.weight.data.mul_(0.3)  # it is the last layer too
        self.register_buffer("causal", torch.tril(torch.ones(128, 128, dtype=torch.bool)).view(1, 1, 128, 128))
        self.h = nn.ModuleList([nn.ModuleDict({
            "ln_1": nn.LayerNorm(width), "c_attn": Conv1D(3 * width, width), "c_proj": Conv1D(width, width), "ln_2": nn.LayerNorm(width),
            "fc": Conv1D(4 * width, width), "proj": Conv1D(width, 4 * width)}) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(width)

    def heads_of(self, x):
        return x.view(x.size()[:-1] + (self.heads, self.width // self.heads)).permute(0, 2, 1, 3)

    def forward(self, input_ids, attention_mask, *past):
        batch, count = input_ids.shape
        before = past[0].size(-2)
        places = torch.arange(before, count + before, dtype=torch.long).unsqueeze(0).view(-1, count)
        bias = (1.0 - attention_mask.view(batch, -1)[:, None, None, :].to(torch.float32)) * torch.finfo(torch.float32).min
        x = self.wte(input_ids) + self.wpe(places)
        present = []
        for i, block in enumerate(self.h):
            q, k, v = block["c_attn"](block["ln_1"](x)).split(self.width, dim=2)
            q, k, v = self.heads_of(q), self.heads_of(k), self.heads_of(v)
            k, v = torch.cat((past[2 * i], k), dim=-2), torch.cat((past[2 * i + 1], v), dim=-2)
            present += [k, v]
            scores = q @ k.transpose(-1, -2) / (v.size(-1) ** 0.5)
            allowed = self.causal[:, :, k.size(-2) - q.size(-2): k.size(-2), : k.size(-2)]
            scores = torch.where(allowed, scores, torch.full([], torch.finfo(torch.float32).min))
            made = ((scores + bias).softmax(-1) @ v).permute(0, 2, 1, 3).contiguous()
            x = x + block["c_proj"](made.view(made.size()[:-2] + (self.width,)))
            inner = block["fc"](block["ln_2"](x))
            inner = 0.5 * inner * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (inner + 0.044715 * torch.pow(inner, 3.0))))
            x = x + block["proj"](inner)
        return (F.linear(self.ln_f(x), self.wte.weight), *present)


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        variance = x.to(torch.float32).pow(2).mean(-1, keepdim=True)
        return self.weight * (x * torch.rsqrt(variance + 1e-6))


def turned(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


class Rotary(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.register_buffer("inv_freq", 1.0 / (10000 ** (torch.arange(0, size, 2).float() / size)))

    def forward(self, places):
        angle = (self.inv_freq[None, :, None] @ places[:, None, :].float()).transpose(1, 2)
        angle = torch.cat((angle, angle), dim=-1)
        return angle.cos()[:, None], angle.sin()[:, None]


class Llama(nn.Module):
    """Rotary positions, two heads of keys for eight of queries, gated units; with past keys and values or without."""

    def __init__(self, width=128, heads=8, groups=2, layers=2, hidden=344):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.rotary = Rotary(self.size)

        def plain(a, b):
            return nn.Linear(a, b, bias=False)
        kv = groups * self.size
        self.layers = nn.ModuleList([nn.ModuleDict({
            "norm1": RmsNorm(width), "q": plain(width, width), "k": plain(width, kv), "v": plain(width, kv), "o": plain(width, width),
            "norm2": RmsNorm(width), "gate": plain(width, hidden), "up": plain(width, hidden), "down": plain(hidden, width)}) for _ in range(layers)])
        self.norm, self.lm_head = RmsNorm(width), plain(width, VOCABULARY)

    def shared(self, x):
        batch, groups, count, size = x.shape
        x = x[:, :, None, :, :].expand(batch, groups, self.heads // self.groups, count, size)
        return x.reshape(batch, groups * (self.heads // self.groups), count, size)

    def forward(self, input_ids, attention_mask, *past):
        batch, count = input_ids.shape
        before = past[0].shape[2] if past else 0
        places = torch.arange(count).unsqueeze(0) + before
        cos, sin = self.rotary(places)
        keys = torch.arange(count + before)
        allowed = (keys[None, :] <= places[0][:, None])[None, None] & (attention_mask[:, None, None, :] > 0)
        bias = torch.where(allowed, torch.zeros([]), torch.full([], torch.finfo(torch.float32).min))
        x = self.tokens(input_ids)
        present = []
        for i, layer in enumerate(self.layers):
            h = layer["norm1"](x)
            q = layer["q"](h).view(batch, count, self.heads, self.size).transpose(1, 2)
            k = layer["k"](h).view(batch, count, self.groups, self.size).transpose(1, 2)
            v = layer["v"](h).view(batch, count, self.groups, self.size).transpose(1, 2)
            q, k = turned(q, cos, sin), turned(k, cos, sin)
            if past:
                k, v = torch.cat((past[2 * i], k), dim=2), torch.cat((past[2 * i + 1], v), dim=2)
                present += [k, v]
            scores = q @ self.shared(k).transpose(2, 3) / math.sqrt(self.size) + bias
            made = (scores.softmax(-1) @ self.shared(v)).transpose(1, 2).contiguous()
            x = x + layer["o"](made.reshape(batch, count, self.heads * self.size))
            h = layer["norm2"](x)
            x = x + layer["down"](F.silu(layer["gate"](h)) * layer["up"](h))
        logits = self.lm_head(self.norm(x))
        return (logits, *present) if past else logits


class Neox(nn.Module):
    """Queries, keys and values interleaved by head in one projection, a quarter of a head turned, both branches beside each other."""

    def __init__(self, width=128, heads=4, layers=2):
        super().__init__()
        self.heads, self.size, self.turn = heads, width // heads, width // heads // 4
        self.embed_in = nn.Embedding(VOCABULARY, width)
        self.rotary = Rotary(self.turn)
        self.layers = nn.ModuleList([nn.ModuleDict({
            "norm1": nn.LayerNorm(width), "norm2": nn.LayerNorm(width), "qkv": nn.Linear(width, 3 * width), "dense": nn.Linear(width, width),
            "up": nn.Linear(width, 4 * width), "down": nn.Linear(4 * width, width)}) for _ in range(layers)])
        self.norm, self.embed_out = nn.LayerNorm(width), nn.Linear(width, VOCABULARY, bias=False)

    def forward(self, input_ids):
        count = input_ids.shape[1]
        cos, sin = self.rotary(torch.arange(count).unsqueeze(0))
        later = torch.ones(count, count, dtype=torch.bool).triu(1)
        x = self.embed_in(input_ids)
        for layer in self.layers:
            qkv = layer["qkv"](layer["norm1"](x))
            qkv = qkv.view(qkv.size()[:-1] + (self.heads, 3 * self.size))
            q = qkv[..., : self.size].permute(0, 2, 1, 3)
            k = qkv[..., self.size: 2 * self.size].permute(0, 2, 1, 3)
            v = qkv[..., 2 * self.size:].permute(0, 2, 1, 3)
            q = torch.cat((turned(q[..., : self.turn], cos, sin), q[..., self.turn:]), dim=-1)
            k = torch.cat((turned(k[..., : self.turn], cos, sin), k[..., self.turn:]), dim=-1)
            scores = (q @ k.transpose(-1, -2) / math.sqrt(self.size)).masked_fill(later, -3.4e38)
            made = (scores.softmax(-1) @ v).permute(0, 2, 1, 3).contiguous()
            made = layer["dense"](made.view(made.size(0), made.size(1), self.heads * self.size))
            x = layer["down"](F.gelu(layer["up"](layer["norm2"](x)))) + made + x
        return self.embed_out(self.norm(x))


class T5(nn.Module):
    """Encoder and decoder; one embedding read three times, one table of relative positions a stack, scores not scaled, gated units."""

    def __init__(self, width=64, heads=4, layers=2, hidden=128):
        super().__init__()
        self.width, self.heads = width, heads
        self.shared = nn.Embedding(VOCABULARY, width)
        self.far = nn.ModuleList([nn.Embedding(16, heads), nn.Embedding(16, heads)])

        def block(across):
            parts = {"norm1": RmsNorm(width), "own": Attend(width, heads, bias=False, scaled=False), "norm2": RmsNorm(width),
                     "wi_0": nn.Linear(width, hidden, bias=False), "wi_1": nn.Linear(width, hidden, bias=False), "wo": nn.Linear(hidden, width, bias=False)}
            return nn.ModuleDict({**parts, **({"norm3": RmsNorm(width), "cross": Attend(width, heads, bias=False, scaled=False)} if across else {})})
        self.encoder, self.decoder = nn.ModuleList([block(False) for _ in range(layers)]), nn.ModuleList([block(True) for _ in range(layers)])
        self.norms = nn.ModuleList([RmsNorm(width), RmsNorm(width)])

    def bias(self, table, count, both):
        distance = torch.arange(count)[None, :] - torch.arange(count)[:, None]
        buckets, start = 16, 0
        if both:
            buckets = 8
            start = (distance > 0).to(torch.long) * buckets
            distance = torch.abs(distance)
        else:
            distance = -torch.min(distance, torch.zeros_like(distance))
        exact = buckets // 2
        wide = exact + (torch.log(distance.float() / exact) / math.log(32 / exact) * (buckets - exact)).to(torch.long)
        wide = torch.min(wide, torch.full_like(wide, buckets - 1))
        return table(start + torch.where(distance < exact, distance, wide)).permute(2, 0, 1).unsqueeze(0)

    def feed(self, block, x):
        h = block["norm2"](x)
        gate = block["wi_0"](h)
        gate = 0.5 * gate * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (gate + 0.044715 * torch.pow(gate, 3.0))))
        return x + block["wo"](gate * block["wi_1"](h))

    def forward(self, input_ids, attention_mask, decoder_input_ids):
        padding = (1.0 - attention_mask[:, None, None, :].float()) * -1e9
        x = self.shared(input_ids)
        bias = self.bias(self.far[0], input_ids.shape[1], True) + padding
        for block in self.encoder:
            x = x + block["own"](block["norm1"](x), bias)
            x = self.feed(block, x)
        memory = self.norms[0](x)
        count = decoder_input_ids.shape[1]
        causal = (torch.arange(count)[None, :] > torch.arange(count)[:, None]).float() * -1e9
        bias = self.bias(self.far[1], count, False) + causal
        x = self.shared(decoder_input_ids)
        for block in self.decoder:
            x = x + block["own"](block["norm1"](x), bias)
            x = x + block["cross"](block["norm3"](x), padding, memory)
            x = self.feed(block, x)
        return F.linear(self.norms[1](x) * self.width ** -0.5, self.shared.weight)


class Tagger(nn.Module):
    """Embedding, recurrent layers, a class for each token. With states as inputs and outputs where `stateful`."""

    def __init__(self, kind, layers, both, stateful=False):
        super().__init__()
        self.stateful = stateful
        self.tokens = nn.Embedding(VOCABULARY, 64)
        self.cells = kind(64, 96, num_layers=layers, batch_first=True, bidirectional=both)
        self.head = nn.Linear(96 * (2 if both else 1), 17)

    def forward(self, input_ids, *states):
        made, after = self.cells(self.tokens(input_ids), *([tuple(states)] if self.stateful else []))
        return (self.head(made), *after) if self.stateful else self.head(made)


class Experts(nn.Module):
    """A transformer whose units are four experts under a soft gate: stacked linear layers in the first layer, one tensor of weights in the second."""

    def __init__(self, width=96, heads=4, experts=4, hidden=192):
        super().__init__()
        self.tokens, self.places = nn.Embedding(VOCABULARY, width), nn.Parameter(torch.randn(1, 128, width) * 0.5)
        self.attention = nn.ModuleList([Attend(width, heads) for _ in range(2)])
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(5)])
        self.gates = nn.ModuleList([nn.Linear(width, experts) for _ in range(2)])
        self.units = nn.ModuleList([nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width)) for _ in range(experts)])
        self.up, self.down = nn.Parameter(torch.randn(experts, width, hidden) * width ** -0.5), nn.Parameter(torch.randn(experts, hidden, width) * 1.4 * hidden ** -0.5)
        self.head = nn.Linear(width, 11)

    def forward(self, input_ids):
        x = self.tokens(input_ids) + self.places[:, : input_ids.shape[1]]
        x = x + self.attention[0](self.norms[0](x), 0.0)
        h = self.norms[1](x)
        gate = self.gates[0](h).softmax(-1)
        x = x + (torch.stack([unit(h) for unit in self.units], dim=2) * gate.unsqueeze(-1)).sum(2)
        x = x + self.attention[1](self.norms[2](x), 0.0)
        h = self.norms[3](x)
        gate = self.gates[1](h).softmax(-1)
        inner = F.gelu(h.unsqueeze(1) @ self.up)  # [batch, expert, token, hidden]
        x = x + torch.einsum("betd,bte->btd", inner @ self.down, gate)
        return self.head(self.norms[4](x).mean(1))


class Clip(nn.Module):
    """Two towers into one space: pictures by patches, text by its last token; sigmoid-like gelu."""

    def __init__(self, width=96, heads=4, layers=2):
        super().__init__()
        self.patches, self.mark = nn.Conv2d(3, width, 16, 16, bias=False), nn.Parameter(torch.randn(width))
        self.places, self.text_places = nn.Embedding(17, width), nn.Embedding(77, width)
        self.register_buffer("position_ids", torch.arange(17).expand((1, -1)))
        self.tokens = nn.Embedding(VOCABULARY, width)

        def block():
            return nn.ModuleDict({"norm1": nn.LayerNorm(width), "attention": Attend(width, heads), "norm2": nn.LayerNorm(width),
                                  "fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})
        self.vision, self.text = nn.ModuleList([block() for _ in range(layers)]), nn.ModuleList([block() for _ in range(layers)])
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(3)])
        self.project, self.text_project = nn.Linear(width, 64, bias=False), nn.Linear(width, 64, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(2.6592))

    @staticmethod
    def run(blocks, x, bias):
        for block in blocks:
            x = x + block["attention"](block["norm1"](x), bias)
            h = block["fc1"](block["norm2"](x))
            x = x + block["fc2"](h * torch.sigmoid(1.702 * h))
        return x

    def forward(self, input_ids, pixel_values):
        batch = pixel_values.shape[0]
        x = self.patches(pixel_values).flatten(2).transpose(1, 2)
        x = torch.cat([self.mark.expand(batch, 1, -1), x], dim=1) + self.places(self.position_ids)
        pictures = self.project(self.norms[1](self.run(self.vision, self.norms[0](x), 0.0)[:, 0, :]))
        count = input_ids.shape[1]
        causal = torch.full((count, count), -1e4).triu(1)
        x = self.tokens(input_ids) + self.text_places(torch.arange(count).unsqueeze(0))
        x = self.norms[2](self.run(self.text, x, causal))
        texts = self.text_project(x[torch.arange(x.shape[0]), input_ids.argmax(dim=-1)])
        pictures, texts = pictures / pictures.norm(dim=-1, keepdim=True), texts / texts.norm(dim=-1, keepdim=True)
        return texts @ pictures.t() * self.logit_scale.exp(), texts, pictures


class Whisper(nn.Module):
    """A speech encoder: two convolutions over time, then layers before the norm; keys without a bias."""

    def __init__(self, width=96, heads=4, layers=2):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(40, width, 3, padding=1), nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.places = nn.Parameter(torch.randn(64, width) * 0.5)
        self.layers = nn.ModuleList([nn.ModuleDict({"norm1": nn.LayerNorm(width), "attention": Attend(width, heads), "norm2": nn.LayerNorm(width),
                                                    "fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)}) for _ in range(layers)])
        for layer in self.layers:
            layer["attention"].key = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(width)

    def forward(self, input_features):
        x = F.gelu(self.conv2(F.gelu(self.conv1(input_features)))).permute(0, 2, 1)
        x = x + self.places[: x.shape[1]]
        for layer in self.layers:
            x = x + layer["attention"](layer["norm1"](x), 0.0)
            x = x + layer["fc2"](F.gelu(layer["fc1"](layer["norm2"](x))))
        return self.norm(x)


class Spotter(nn.Module):
    """Keywords in sound: plain, then depthwise separable convolutions over time."""

    def __init__(self):
        super().__init__()

        def separable(a, b):
            return nn.Sequential(nn.Conv1d(a, a, 9, padding=4, groups=a, bias=False), nn.BatchNorm1d(a), nn.ReLU(), nn.Conv1d(a, b, 1, bias=False), nn.BatchNorm1d(b), nn.ReLU())
        self.body = nn.Sequential(nn.Conv1d(40, 64, 5, stride=2, padding=2), nn.BatchNorm1d(64), nn.ReLU(), separable(64, 96), nn.MaxPool1d(2), separable(96, 96), separable(96, 128))
        self.head = nn.Linear(128, 12)

    def forward(self, features):
        return self.head(self.body(features).mean(-1))


class WaveNet(nn.Module):
    """Dilated convolutions, halves of one that gate each other, sums of skips."""

    def __init__(self, width=48, skip=64):
        super().__init__()
        self.first = nn.Conv1d(1, width, 1)
        self.pairs = nn.ModuleList([nn.Conv1d(width, 2 * width, 2, dilation=2 ** i) for i in range(5)])
        self.keep, self.skips = nn.ModuleList([nn.Conv1d(width, width, 1) for _ in range(5)]), nn.ModuleList([nn.Conv1d(width, skip, 1) for _ in range(5)])
        self.last = nn.Sequential(nn.ReLU(), nn.Conv1d(skip, skip, 1), nn.ReLU(), nn.Conv1d(skip, 64, 1))

    def forward(self, wave):
        x, total = self.first(wave), None
        for i in range(5):
            filtered, gate = self.pairs[i](F.pad(x, (2 ** i, 0))).chunk(2, dim=1)
            h = torch.tanh(filtered) * torch.sigmoid(gate)
            total = self.skips[i](h) if total is None else total + self.skips[i](h)
            x = x + self.keep[i](h)
        return self.last(total)
