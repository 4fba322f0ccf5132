"""Trains the same networks in Python's torch, a number of steps at a time, for bench/run.sh training-speed.

Reads lines "steps N" on standard input and answers with the seconds that they took. Arguments: MODEL FORMAT THREADS DATA, where
MODEL is lenet-300-100 or resnet-20 and FORMAT is nchw (the default of torch) or nhwc (channels last).
"""
import gzip
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

BATCH = 128


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut that is a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


def resnet(blocks):
    layers = [nn.Conv2d(1, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    inputs = 16
    for stage, outputs in enumerate((16, 32, 64)):
        for block in range(blocks):
            layers.append(Block(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def read(path, offset):
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=offset)


def main():
    model, layout, threads, data = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    pictures = torch.from_numpy(read(f"{data}/train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28).astype(numpy.float32) / 255)
    labels = torch.from_numpy(read(f"{data}/train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
    if model == "resnet-20":
        network = resnet(3)
        optimizer = torch.optim.SGD(network.parameters(), 0.05, momentum=0.9, weight_decay=5e-4)
    else:
        network = nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10))
        optimizer = torch.optim.Adam(network.parameters(), 1e-3, weight_decay=1e-4)
    if layout == "nhwc":
        network = network.to(memory_format=torch.channels_last)
    order = torch.randperm(len(labels))
    with open("/proc/self/maps") as maps:
        blas = sorted({line.split("/")[-1].strip() for line in maps if "blas" in line})
    print(f"torch {torch.__version__}, {', '.join(blas)}", flush=True)
    place = 0
    for line in sys.stdin:
        begin = time.perf_counter()
        for _ in range(int(line.split()[1])):
            chosen = order[place:place + BATCH]
            place = (place + BATCH) % (len(order) - BATCH)
            optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(network(pictures[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
        print(time.perf_counter() - begin, flush=True)


if __name__ == "__main__":
    main()
