"""Tables, graphs and clouds of points."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from suite import Exported
from suite_pictures import conv


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


def everything():
    first = {0: "batch"}
    return {
        "dlrm": Exported(Dlrm, [("dense", torch.rand(2, 13), first), ("sparse", torch.randint(0, 200, (3, 2, 5)), {1: "batch"})], [("click", first)]),
        "tabnet": Exported(TabNet, [("table", torch.randn(8, 12), first)], [("scores", first)]),
        "graph_attention": Exported(GraphAttention, [("x", torch.randn(120, 16), {}), ("edges", torch.randint(0, 120, (2, 300)), {1: "edges"})], [("scores", {})]),
        "points": Exported(Points, [("points", torch.randn(2, 3, 64), {})], [("scores", {})]),
    }
