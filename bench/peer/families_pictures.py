"""Pictures: made, restored, moved, told apart."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from suite import Exported
from suite_pictures import conv
from suite_text import Attend


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
    first, picture = {0: "batch"}, ("pixels", torch.rand(2, 3, 32, 32), {0: "batch"})
    return {
        "stylegan2": Exported(Modulated, [("z", torch.randn(2, 32), {})], [("picture", {})]),
        "nafnet": Exported(NafNet, [("picture", torch.rand(2, 3, 64, 64), {0: "batch", 2: "height", 3: "width"})], [("restored", first)]),
        "perceiver": Exported(Perceiver, [picture], [("scores", first)]),
        "vqvae": Exported(Codebook, [picture], [("picture", first), ("smooth", first)]),
        "raft": Exported(Flow, [("first", torch.rand(2, 3, 64, 64), first), ("second", torch.rand(2, 3, 64, 64), first)], [("flow", first)]),
        "nerf": Exported(Rays, [("origins", torch.randn(6, 3), {0: "rays"}), ("directions", torch.randn(6, 3), {0: "rays"})], [("colour", {0: "rays"}), ("depth", {0: "rays"})]),
        "capsules": Exported(Capsules, [("picture", torch.rand(2, 1, 28, 28), first)], [("lengths", first)]),
        "conv_lstm": Exported(Clouds, [("frames", torch.randn(2, 4, 1, 24, 24), first)], [("next", first)]),
        "involution": Exported(Involution, [("picture", torch.rand(2, 3, 64, 64), first)], [("maps", first)]),
    }
