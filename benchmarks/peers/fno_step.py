"""One Adam step of the same Fourier neural operator in PyTorch, as its users write it: rfft2, einsum over the kept modes, exact GELU.

Run as a child: arguments are threads and the sizes; each line on stdin asks for one step; each line on stdout answers
with its milliseconds and loss. The first line on stdout tells the version, once the network stands.
"""
import json
import sys
import time

import torch
from torch import nn


class Spectral(nn.Module):
    """Spectral convolution: complex weights on the first `modes` along x and the first and last `modes` along y."""

    def __init__(self, width: int, modes: int):
        super().__init__()
        self.modes = modes
        shape = (width, width, modes, modes)
        self.low = nn.Parameter(torch.randn(*shape, dtype=torch.cfloat) / width)
        self.high = nn.Parameter(torch.randn(*shape, dtype=torch.cfloat) / width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, width, height, length = x.shape
        modes = self.modes
        spectrum = torch.fft.rfft2(x)
        kept = torch.zeros(batch, width, height, length // 2 + 1, dtype=torch.cfloat)
        kept[:, :, :modes, :modes] = torch.einsum("bixy,ioxy->boxy", spectrum[:, :, :modes, :modes], self.low)
        kept[:, :, -modes:, :modes] = torch.einsum("bixy,ioxy->boxy", spectrum[:, :, -modes:, :modes], self.high)
        return torch.fft.irfft2(kept, s=(height, length))


class FourierOperator(nn.Module):
    def __init__(self, size: dict):
        super().__init__()
        width, layers = size["width"], size["layers"]
        self.lift = nn.Conv2d(size["channelsIn"], width, 1)
        self.spectral = nn.ModuleList(Spectral(width, size["modes"]) for _ in range(layers))
        self.skip = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(layers))
        self.hidden = nn.Conv2d(width, size["head"], 1)
        self.out = nn.Conv2d(size["head"], 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.lift(x)
        for layer, (spectral, skip) in enumerate(zip(self.spectral, self.skip)):
            x = spectral(x) + skip(x)
            if layer < len(self.skip) - 1:
                x = nn.functional.gelu(x)
        return self.out(nn.functional.gelu(self.hidden(x)))


def main() -> None:
    threads, size = int(sys.argv[1]), json.loads(sys.argv[2])
    torch.set_num_threads(threads)
    torch.manual_seed(7)
    network = FourierOperator(size)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    x = torch.randn(size["batch"], size["channelsIn"], size["grid"], size["grid"])
    y = torch.sin(x[:, :1])
    print(torch.__version__, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = ((network(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        value = loss.item()
        print((time.perf_counter() - start) * 1e3, value, flush=True)


main()
