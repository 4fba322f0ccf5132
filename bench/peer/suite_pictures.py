"""Networks of pictures that torchvision does not have, small, written as their libraries write them."""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import detection, resnet, vision_transformer
from torchvision.ops import FeaturePyramidNetwork


def conv(a, b, kernel=3, stride=1, groups=1, act=nn.ReLU):
    return nn.Sequential(nn.Conv2d(a, b, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(b), act())


class Unet(nn.Module):
    """Down, up by transposed convolutions, skips concatenated."""

    def __init__(self, base=16):
        super().__init__()
        sizes = [base * 2 ** i for i in range(4)]
        self.down = nn.ModuleList([nn.Sequential(conv(a, b), conv(b, b)) for a, b in zip([3] + sizes[:-1], sizes)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(2 * a, a, 2, 2) for a in reversed(sizes[:-1])])
        self.join = nn.ModuleList([nn.Sequential(conv(2 * a, a), conv(a, a)) for a in reversed(sizes[:-1])])
        self.head = nn.Conv2d(base, 2, 1)

    def forward(self, x):
        skips = []
        for i, level in enumerate(self.down):
            x = level(x if i == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, reversed(skips[:-1])):
            x = join(torch.cat([skip, up(x)], dim=1))
        return self.head(x)


class Fork(nn.Module):
    """YOLOv8's C2f: halves, and each of the bottlenecks on the second, all concatenated."""

    def __init__(self, a, b, count, add):
        super().__init__()
        self.first, self.last = conv(a, b, 1, act=nn.SiLU), conv((2 + count) * b // 2, b, 1, act=nn.SiLU)
        self.inner = nn.ModuleList([nn.Sequential(conv(b // 2, b // 2, act=nn.SiLU), conv(b // 2, b // 2, act=nn.SiLU)) for _ in range(count)])
        self.add = add

    def forward(self, x):
        parts = list(self.first(x).chunk(2, 1))
        for unit in self.inner:
            parts.append(parts[-1] + unit(parts[-1]) if self.add else unit(parts[-1]))
        return self.last(torch.cat(parts, 1))


class Pools(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.first, self.last = conv(a, a // 2, 1, act=nn.SiLU), conv(2 * a, a, 1, act=nn.SiLU)

    def forward(self, x):
        x = self.first(x)
        y = F.max_pool2d(x, 5, 1, 2)
        z = F.max_pool2d(y, 5, 1, 2)
        return self.last(torch.cat((x, y, z, F.max_pool2d(z, 5, 1, 2)), 1))


class Yolo(nn.Module):
    """Path aggregation over three scales; boxes as expectations over 16 bins."""

    def __init__(self, w=16, classes=10):
        super().__init__()
        silu = nn.SiLU
        self.stem = nn.Sequential(conv(3, w, 3, 2, act=silu), conv(w, 2 * w, 3, 2, act=silu), Fork(2 * w, 2 * w, 1, True))
        self.c3 = nn.Sequential(conv(2 * w, 4 * w, 3, 2, act=silu), Fork(4 * w, 4 * w, 2, True))
        self.c4 = nn.Sequential(conv(4 * w, 8 * w, 3, 2, act=silu), Fork(8 * w, 8 * w, 2, True))
        self.c5 = nn.Sequential(conv(8 * w, 16 * w, 3, 2, act=silu), Fork(16 * w, 16 * w, 1, True), Pools(16 * w))
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.n4, self.n3 = Fork(24 * w, 8 * w, 1, False), Fork(12 * w, 4 * w, 1, False)
        self.d4, self.d5 = conv(4 * w, 4 * w, 3, 2, act=silu), conv(8 * w, 8 * w, 3, 2, act=silu)
        self.m4, self.m5 = Fork(12 * w, 8 * w, 1, False), Fork(24 * w, 16 * w, 1, False)
        self.boxes = nn.ModuleList([nn.Sequential(conv(a, 32, act=silu), conv(32, 32, act=silu), nn.Conv2d(32, 64, 1)) for a in (4 * w, 8 * w, 16 * w)])
        self.kinds = nn.ModuleList([nn.Sequential(conv(a, 32, act=silu), conv(32, 32, act=silu), nn.Conv2d(32, classes, 1)) for a in (4 * w, 8 * w, 16 * w)])
        self.classes = classes
        self.register_buffer("bins", torch.arange(16, dtype=torch.float32).view(1, 16, 1, 1))

    def forward(self, images):
        c3 = self.c3(self.stem(images))
        c4 = self.c4(c3)
        c5 = self.c5(c4)
        n4 = self.n4(torch.cat((self.up(c5), c4), 1))
        n3 = self.n3(torch.cat((self.up(n4), c3), 1))
        m4 = self.m4(torch.cat((self.d4(n3), n4), 1))
        m5 = self.m5(torch.cat((self.d5(m4), c5), 1))
        batch = images.shape[0]
        all_ = torch.cat([torch.cat((box(x), kind(x)), 1).view(batch, 64 + self.classes, -1) for x, box, kind in zip((n3, m4, m5), self.boxes, self.kinds)], 2)
        box, kind = all_.split((64, self.classes), 1)
        box = box.view(batch, 4, 16, -1).transpose(2, 1).softmax(1)
        box = F.conv2d(box, self.bins).view(batch, 4, -1)
        low, high = box.chunk(2, 1)
        return torch.cat(((high - low) / 2, low + high, kind.sigmoid()), 1)


class Pyramid(nn.Module):
    """ResNet-50 with frozen norms and a feature pyramid."""

    def __init__(self):
        super().__init__()
        self.inner = detection.backbone_utils.resnet_fpn_backbone("resnet50", weights=None)

    def forward(self, x):
        return tuple(self.inner(x).values())


class Retina(nn.Module):
    """MobileNet-like levels, a pyramid, and heads whose weights all levels share."""

    def __init__(self, w=24, anchors=3, classes=8):
        super().__init__()
        self.stem = conv(3, w, 3, 2)
        self.levels = nn.ModuleList([nn.Sequential(conv(a, a, 3, 2, groups=a), conv(a, 2 * a, 1)) for a in (w, 2 * w, 4 * w)])
        self.pyramid = FeaturePyramidNetwork([2 * w, 4 * w, 8 * w], 32)
        self.head = nn.Sequential(nn.Conv2d(32, 32, 3, padding=1), nn.GroupNorm(8, 32), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU())
        self.kinds, self.boxes = nn.Conv2d(32, anchors * classes, 3, padding=1), nn.Conv2d(32, anchors * 4, 3, padding=1)
        self.classes = classes

    def flat(self, x, size):
        n, _, h, w = x.shape
        return x.view(n, -1, size, h, w).permute(0, 3, 4, 1, 2).reshape(n, -1, size)

    def forward(self, x):
        x, levels = self.stem(x), {}
        for i, level in enumerate(self.levels):
            x = level(x)
            levels[str(i)] = x
        maps = [self.head(x) for x in self.pyramid(levels).values()]
        return torch.cat([self.flat(self.kinds(x), self.classes) for x in maps], 1), torch.cat([self.flat(self.boxes(x), 4) for x in maps], 1)


class Generator(nn.Module):
    """From noise: a linear layer to a small map, transposed convolutions to a picture."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(64, 128 * 4 * 4)

        def up(a, b):
            return [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
        self.body = nn.Sequential(nn.BatchNorm2d(128), nn.ReLU(), *up(128, 64), *up(64, 32), nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Tanh())

    def forward(self, z):
        return self.body(self.first(z).view(-1, 128, 4, 4))


class Espcn(nn.Module):
    """Super-resolution: channels become pixels, three by three."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 64, 5, padding=2), nn.Tanh(), nn.Conv2d(64, 32, 3, padding=1), nn.Tanh(), nn.Conv2d(32, 9, 3, padding=1), nn.PixelShuffle(3))

    def forward(self, x):
        return self.body(x)


class Edsr(nn.Module):
    """Residual blocks without norms, a long skip, channels become pixels twice."""

    def __init__(self, w=32):
        super().__init__()
        self.first = nn.Conv2d(3, w, 3, padding=1)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(w, w, 3, padding=1), nn.PReLU(w), nn.Conv2d(w, w, 3, padding=1)) for _ in range(4)])
        self.up = nn.Sequential(*[layer for _ in range(2) for layer in (nn.Conv2d(w, 4 * w, 3, padding=1), nn.PixelShuffle(2), nn.LeakyReLU(0.1))], nn.Conv2d(w, 3, 3, padding=1))

    def forward(self, x):
        x = first = self.first(x)
        for block in self.blocks:
            x = x + 0.2 * block(x)
        return self.up(x + first)


def group_norm_resnet():
    return resnet.ResNet(resnet.BasicBlock, [2, 2, 2, 2], norm_layer=lambda width: nn.GroupNorm(32, width))


def small_vit():
    """torchvision's own vision transformer, so nn.MultiheadAttention, small."""
    return vision_transformer.VisionTransformer(image_size=64, patch_size=8, num_layers=3, num_heads=4, hidden_dim=128, mlp_dim=512, num_classes=100)


class FusedVit(nn.Module):
    """Queries, keys and values from one projection by reshape, permute and unbind, as timm does; scales on the branches."""

    def __init__(self, width=128, heads=4, layers=3):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.patches = nn.Conv2d(3, width, 8, 8)
        self.mark, self.places = nn.Parameter(torch.zeros(1, 1, width)), nn.Parameter(torch.randn(1, 65, width) * 0.5)
        self.blocks = nn.ModuleList([nn.ModuleDict({"norm1": nn.LayerNorm(width), "qkv": nn.Linear(width, 3 * width), "proj": nn.Linear(width, width),
                                                    "norm2": nn.LayerNorm(width), "fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)}) for _ in range(layers)])
        self.scales = nn.ParameterList([nn.Parameter(torch.full((width,), 1e-5)) for _ in range(2 * layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 100)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.mark.expand(x.shape[0], -1, -1), x), dim=1) + self.places
        for i, block in enumerate(self.blocks):
            b, n, c = x.shape
            q, k, v = block["qkv"](block["norm1"](x)).reshape(b, n, 3, self.heads, self.size).permute(2, 0, 3, 1, 4).unbind(0)
            scores = (q * self.size ** -0.5) @ k.transpose(-2, -1)
            made = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(b, n, c)
            x = x + self.scales[2 * i] * block["proj"](made)
            x = x + self.scales[2 * i + 1] * block["fc2"](F.gelu(block["fc1"](block["norm2"](x))))
        return self.head(self.norm(x)[:, 0])


class Mixer(nn.Module):
    """Linear layers over patches and over channels in turn."""

    def __init__(self, width=128, layers=3):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, 8)

        def mlp(a, b):
            return nn.Sequential(nn.Linear(a, b), nn.GELU(), nn.Linear(b, a))
        self.blocks = nn.ModuleList([nn.ModuleList([nn.LayerNorm(width), mlp(64, 96), nn.LayerNorm(width), mlp(width, 4 * width)]) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 100)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        for first, tokens, second, channels in self.blocks:
            x = x + tokens(first(x).transpose(1, 2)).transpose(1, 2)
            x = x + channels(second(x))
        return self.head(self.norm(x).mean(dim=1))


class Step(nn.Module):
    """A residual block of a diffusion network; the time is added between its convolutions."""

    def __init__(self, a, b, time):
        super().__init__()
        self.norm1, self.conv1, self.time = nn.GroupNorm(8, a), nn.Conv2d(a, b, 3, padding=1), nn.Linear(time, b)
        self.norm2, self.conv2 = nn.GroupNorm(8, b), nn.Conv2d(b, b, 3, padding=1)
        self.skip = nn.Conv2d(a, b, 1) if a != b else nn.Identity()

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(time))[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class Look(nn.Module):
    """Attention over the places of a map."""

    def __init__(self, width, heads=4):
        super().__init__()
        self.heads = heads
        self.norm, self.qkv, self.out = nn.GroupNorm(8, width), nn.Conv2d(width, 3 * width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b * self.heads, 3 * c // self.heads, h * w).split(c // self.heads, dim=1)
        scale = 1 / math.sqrt(math.sqrt(c // self.heads))
        weight = torch.einsum("bct,bcs->bts", q * scale, k * scale).softmax(-1)
        return x + self.out(torch.einsum("bts,bcs->bct", weight, v).reshape(b, c, h, w))


class Diffusion(nn.Module):
    """A U-Net that takes the time too."""

    def __init__(self, w=32):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(32, 4 * w), nn.SiLU(), nn.Linear(4 * w, 4 * w))
        self.first = nn.Conv2d(3, w, 3, padding=1)
        self.down = nn.ModuleList([Step(w, w, 4 * w), Step(w, 2 * w, 4 * w)])
        self.shrink = nn.Conv2d(w, w, 3, 2, 1)
        self.look, self.middle = nn.ModuleList([Look(2 * w), Look(2 * w)]), nn.ModuleList([Step(2 * w, 2 * w, 4 * w), Step(2 * w, 2 * w, 4 * w)])
        self.up = nn.ModuleList([Step(4 * w, w, 4 * w), Step(2 * w, w, 4 * w)])
        self.grow = nn.Conv2d(w, w, 3, padding=1)
        self.norm, self.last = nn.GroupNorm(8, w), nn.Conv2d(w, 3, 3, padding=1)
        self.register_buffer("rate", torch.exp(-math.log(10000) * torch.arange(16).float() / 16))

    def forward(self, sample, timestep):
        angle = timestep[:, None].float() * self.rate[None]
        time = self.time(torch.cat([torch.cos(angle), torch.sin(angle)], dim=-1))
        a = self.down[0](self.first(sample), time)
        b = self.look[0](self.down[1](self.shrink(a), time))
        x = self.middle[1](self.look[1](self.middle[0](b, time)), time)
        x = self.up[0](torch.cat([x, b], dim=1), time)
        x = self.grow(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = self.up[1](torch.cat([x, a], dim=1), time)
        return self.last(F.silu(self.norm(x)))


class Squeeze(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.pool, self.inner, self.gate = nn.AdaptiveAvgPool2d(1), nn.Conv2d(a, a // 4, 1), nn.Conv2d(a // 4, a, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.gate(F.relu(self.inner(self.pool(x)))))


class Crnn(nn.Module):
    """A reader of lines: depthwise separable convolutions with hard swish, recurrent layers over the width, a softmax over letters."""

    def __init__(self, w=16, letters=97):
        super().__init__()

        def unit(a, b, stride, kernel=3, squeeze=False):
            deep = nn.Sequential(nn.Conv2d(a, a, kernel, stride, kernel // 2, groups=a, bias=False), nn.BatchNorm2d(a), nn.Hardswish())
            return nn.Sequential(deep, *([Squeeze(a)] if squeeze else []), conv(a, b, 1, act=nn.Hardswish))
        self.body = nn.Sequential(conv(3, w, 3, 2, act=nn.Hardswish), unit(w, 2 * w, 1), unit(2 * w, 4 * w, (2, 1)), unit(4 * w, 4 * w, 1), unit(4 * w, 8 * w, (2, 1)),
                                  unit(8 * w, 8 * w, 1, 5), unit(8 * w, 16 * w, (2, 1), 5, True), unit(16 * w, 16 * w, 1, 5, True), nn.MaxPool2d(2))
        self.cells = nn.LSTM(16 * w, 48, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(96, letters)

    def forward(self, x):
        x = self.body(x).squeeze(2).permute(0, 2, 1)
        return self.head(self.cells(x)[0]).softmax(2)


class Res2(nn.Module):
    """Res2Net's block: parts of the channels, each after the sum with the one before."""

    def __init__(self, width=64, parts=4):
        super().__init__()
        self.parts = parts
        self.stem = conv(3, width, 3, 2)
        self.blocks = nn.ModuleList([nn.ModuleDict({"in": conv(width, width, 1), "inner": nn.ModuleList([conv(width // parts, width // parts) for _ in range(parts - 1)]),
                                                    "out": nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))}) for _ in range(2)])
        self.head = nn.Linear(width, 20)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            pieces = torch.split(block["in"](x), x.shape[1] // self.parts, 1)
            made = [block["inner"][0](pieces[0])]
            for i in range(1, self.parts - 1):
                made.append(block["inner"][i](made[-1] + pieces[i]))
            x = F.relu(x + block["out"](torch.cat(made + [pieces[-1]], 1)))
        return self.head(x.mean((2, 3)))


class Ghost(nn.Module):
    """GhostNet's units: half of the channels by a cheap depthwise convolution of the other half, what is too much cut off."""

    def __init__(self):
        super().__init__()
        self.stem = conv(3, 16, 3, 2)
        sizes = [(16, 48, 24, 2), (24, 72, 24, 1), (24, 72, 41, 2)]
        self.units = nn.ModuleList([nn.ModuleList([
            conv(a, (h + 1) // 2, 1), conv((h + 1) // 2, (h + 1) // 2, 3, groups=(h + 1) // 2),
            conv(h, h, 3, s, groups=h, act=nn.Identity),
            conv(h, (b + 1) // 2, 1, act=nn.Identity), conv((b + 1) // 2, (b + 1) // 2, 3, groups=(b + 1) // 2, act=nn.Identity)]) for a, h, b, s in sizes])
        self.sizes = sizes
        self.head = nn.Linear(41, 20)

    @staticmethod
    def ghost(first, cheap, x, size):
        x = first(x)
        return torch.cat([x, cheap(x)], dim=1)[:, :size]

    def forward(self, x):
        x = self.stem(x)
        for (a, h, b, s), (first, cheap, deep, last, cheap_last) in zip(self.sizes, self.units):
            y = self.ghost(last, cheap_last, deep(self.ghost(first, cheap, x, h)), b)
            x = x + y if a == b and s == 1 else y
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))
