"""Time FDS against a gathered affine map and a layer of plain loops, as published.

``make bench`` runs it and keeps the table in ``data/BENCH.txt``. Only ratios mean
something on another machine.
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from dirlib import FDS, LabelBins
from dirlib.kernels import kernel_window
from dirlib.models import SmallResNet
from dirlib.training import ImageArray, fit

BINS = LabelBins(0, 100, 1)
BATCH, DIMS = 256, (64, 512, 2048)
EPOCH, EPOCH_BATCH = 5000, 64


class PlainLoops(nn.Module):
    """The published way: a mask per label that occurs, and a pass over all features.

    Written from its description, without its bugs: one calibration per unique label,
    and statistics from a list of all features, label by label.
    """

    def __init__(self, dim):
        super().__init__()
        self.mean = torch.zeros(BINS.n_bins, dim)
        self.var = torch.ones(BINS.n_bins, dim)
        self.smoothed_mean, self.smoothed_var = self.mean, self.var

    def forward(self, z, labels):
        out = z.clone()
        for label in labels.unique():
            mine, b = labels == label, int(label)
            scale = (self.smoothed_var[b] / self.var[b]).clamp(0.1, 10).sqrt()
            out[mine] = (z[mine] - self.mean[b]) * scale + self.smoothed_mean[b]
        return out

    def end_epoch(self, features, labels):
        features, labels = torch.cat(features), torch.cat(labels)
        mean, var = self.mean.clone(), self.var.clone()
        for label in labels.unique():
            mine, b = features[labels == label], int(label)
            mean[b] = 0.9 * mean[b] + 0.1 * mine.mean(0)
            if len(mine) > 1:
                var[b] = 0.9 * var[b] + 0.1 * mine.var(0)
        self.mean, self.var = mean, var
        self.smoothed_mean, self.smoothed_var = smooth(mean), smooth(var)


def smooth(values):
    window = torch.tensor(kernel_window("gaussian", 5, 2.0), dtype=torch.float32)
    padded = nn.functional.pad(values.T[:, None], (2, 2), mode="reflect")
    return nn.functional.conv1d(padded, window[None, None])[:, 0].T


def seconds(function, repeats=30):
    """The median of several runs, after a warm-up."""
    times = []
    for _ in range(repeats + 3):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times[3:]))


def toy(n, dim, seed=0):
    """Features that need a gradient, and labels."""
    g = torch.Generator().manual_seed(seed)
    z = torch.randn(n, dim, generator=g).relu_().requires_grad_()
    return z, torch.randint(0, BINS.n_bins, (n,), generator=g).float()


def there_and_back(function, z):
    def run():
        z.grad = None
        function(z).backward(torch.ones_like(z))

    return run


def trained(dim, **options):
    fds = FDS(dim, BINS, **options)
    z, labels = toy(20 * BINS.n_bins, dim, seed=1)
    fds(z.detach(), labels)
    fds.end_epoch()
    return fds


def gathered_affine(dim):
    """What any layer that calibrates has to do: a factor and a shift of each bin."""
    factor, shift = torch.rand(2, BINS.n_bins, dim)

    def layer(z, labels):
        index = labels.long()
        return factor[index] * z + shift[index]

    return layer


def step():
    """Forward and backward of one batch, with its statistics."""
    print(
        f"a batch of {BATCH} with its statistics, forward and backward, "
        f"B = {BINS.n_bins}, one thread; as a multiple of a gathered affine map"
    )
    names = ("affine", "diagonal", "low_rank", "full", "loops")
    print(f"{'D':>6}" + "".join(f"{name:>20}" for name in names))
    for dim in DIMS:
        z, labels = toy(BATCH, dim)
        kinds = names[1:4] if dim < 1024 else names[1:3]
        layers = {"affine": gathered_affine(dim), "loops": PlainLoops(dim)}
        layers |= {kind: trained(dim, covariance=kind) for kind in kinds}
        times = {name: step_time(layer, z, labels) for name, layer in layers.items()}
        cells = (cell(times.get(name), times["affine"]) for name in names)
        print(f"{dim:6}" + "".join(cells))
    print("the loops have no statistics here: theirs is a second pass over the data")


def step_time(layer, z, labels):
    return seconds(there_and_back(lambda z: layer(z, labels), z))


def cell(spent, least):
    return f"{1e3 * spent:9.3f} ms{spent / least:7.1f}x" if spent else f"{'-':>20}"


def many_bins():
    """The cost of a step should follow the batch, not the number of bins."""
    print("\nthe same at D = 64, diagonal, with more bins; as a multiple of the first")
    z, share = toy(BATCH, 64)[0], torch.linspace(0, 1, BATCH)
    times = []
    for n_bins in (100, 10_000, 100_000):
        fds, labels = FDS(64, LabelBins(0, n_bins, 1)), share * n_bins
        fds(z.detach(), labels), fds.end_epoch()
        times.append(step_time(fds, z, labels))
        print(f"{n_bins:10,} bins {cell(times[-1], times[0])}")


def epoch():
    """What an epoch of the small ResNet spends on FDS."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (EPOCH, 32, 32, 3), dtype=np.uint8)
    labels = rng.integers(0, 100, EPOCH)
    samples = ImageArray(images, labels)
    model = SmallResNet(output_bias=50.0)

    def one_epoch():
        fit(model, samples, epochs=1, batch_size=EPOCH_BATCH, progress=False)

    whole = seconds(one_epoch, repeats=3)
    print(f"\nan epoch of the small ResNet, {EPOCH} images of 32 px: {whole:.2f} s")
    for kind in ("diagonal", "full"):
        fds = trained(64, covariance=kind)
        batches = [toy(EPOCH_BATCH, 64, seed=s) for s in range(EPOCH // EPOCH_BATCH)]

        def collect(fds=fds, batches=batches):
            for z, y in batches:
                fds.epoch.update(z.detach(), BINS.index(y))

        def update(fds=fds, collect=collect):
            collect()
            fds.end_epoch()

        def everything(fds=fds, batches=batches):
            for z, y in batches:
                there_and_back(lambda x, y=y: fds(x, y), z)()
            fds.end_epoch()

        for name, function in (
            ("statistics and end_epoch()", update),
            ("and the calibration, forward and backward", everything),
        ):
            spent = seconds(function, repeats=5)
            print(f"{kind:>10}, {name}: {spent:.3f} s, {spent / whole:.1%} of it")
    loops = PlainLoops(64)

    def second_pass():
        features, found = [], []
        model.train()
        with torch.no_grad():
            x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
            for batch, y in zip(x.split(EPOCH_BATCH),
                                torch.from_numpy(labels).split(EPOCH_BATCH),
                                strict=True):  # fmt: skip
                features.append(model.features(batch))
                found.append(y)
        loops.end_epoch(features, found)

    spent = seconds(second_pass, repeats=3)
    print(f"  as published, a second pass: {spent:.3f} s, {spent / whole:.1%} of it")


def memory():
    """The growth of a process that trains a new layer for two small epochs."""
    print("\npeak memory of two epochs of 4 batches, batches included, B = 100")
    for kind, dim in (
        ("diagonal", 64), ("full", 64), ("low_rank", 64), ("diagonal", 2048),
        ("low_rank", 2048), ("loops", 2048),
    ):  # fmt: skip
        command = [sys.executable, __file__, kind, str(dim)]
        grown = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"{kind:>10}, D = {dim:4}: {grown.stdout.strip():>6} MB")
    print("      full, D = 2048 is refused: it would need 28 GiB")


def grown_by(kind, dim):
    """MB by which this process grows; run in a process of its own."""
    train_two_epochs(kind, 8)  # the first use loads libraries: not the layer's memory
    before = peak_memory()
    train_two_epochs(kind, dim)
    return peak_memory() - before


def train_two_epochs(kind, dim):
    batches = [toy(BATCH, dim, seed=s) for s in range(4)]
    layer = PlainLoops(dim) if kind == "loops" else FDS(dim, BINS, covariance=kind)
    for _ in range(2):
        for z, y in batches:
            there_and_back(lambda x, y=y: layer(x, y), z)()
        if kind == "loops":
            layer.end_epoch([z.detach() for z, _ in batches], [y for _, y in batches])
        else:
            layer.end_epoch()


def peak_memory():
    """The most memory this process has held, in MB; on Linux only."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.empty(1 << 23)  # frees 32 MB: malloc keeps memory then, as in any training
    step()
    many_bins()
    torch.set_num_threads(threads)
    epoch()
    memory()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(f"{grown_by(sys.argv[1], int(sys.argv[2])):.0f}")
    else:
        main()
