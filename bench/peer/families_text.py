"""Text: state spaces, linear recurrence, disentangled attention, experts."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from suite import TOKENS, Exported, tokens
from suite_text import VOCABULARY, RmsNorm


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


def everything():
    ids, mask = ("input_ids", tokens(2, 12), TOKENS), ("attention_mask", torch.ones(2, 12, dtype=torch.int64), TOKENS)
    return {
        "mamba": Exported(Mamba, [("input_ids", tokens(2, 12), {0: "batch"})], [("logits", {0: "batch"})]),
        "rwkv": Exported(Rwkv, [ids], [("logits", TOKENS)]),
        "deberta": Exported(Disentangled, [ids, mask], [("last_hidden_state", TOKENS)]),
        "mixtral_alibi": Exported(TopExperts, [ids], [("logits", TOKENS)]),
    }
