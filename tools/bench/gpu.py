"""FDS on a GPU: does it wait, what does it cost, does it agree with the CPU?

    python -m tools.bench.gpu                 on a GPU: some minutes, data/GPU.json
    python -m tools.bench.gpu --device cpu --out cpu.json --size 32 --steps 2

Nothing of the project needs a GPU. On the CPU the script runs too, so that a test can
try it; there, no kernel is asynchronous, and no peak of memory is read.
"""

import argparse
import contextlib
import platform
import time
from pathlib import Path

import torch

from dirlib import FDS, LabelBins
from dirlib.files import write_json
from dirlib.losses import l1_loss
from dirlib.models import ResNet
from tools.lessons.env import ROOT

BINS = LabelBins(0, 100, 1)
KINDS = ("diagonal", "full", "low_rank")


@contextlib.contextmanager
def no_wait(device):
    """Raise an error where something waits for the GPU."""
    if device.type != "cuda":
        yield
        return
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def agreement(device, kind, dim=64, n=4096) -> dict:
    """Two epochs here and on the CPU: the largest difference, beside the largest size.

    No step in `forward` may wait for the device.
    """
    g = torch.Generator().manual_seed(0)
    z, y = torch.randn(n, dim, generator=g), 100 * torch.rand(n, generator=g)
    out = []
    for place in (device, torch.device("cpu")):
        fds = FDS(dim, BINS, covariance=kind).to(place)
        features, labels = z.to(place), y.to(place)
        fds(features, labels)
        fds.end_epoch()
        with no_wait(place):
            moved = fds(features, labels)
        out.append(moved.cpu())
    return {
        "largest difference": (out[0] - out[1]).abs().max().item(),
        "largest value": out[1].abs().max().item(),
    }


def speed(device, kind, model, size, batch, steps) -> dict:
    """Images a second and peak memory of a ResNet in bfloat16, channels last."""
    on_gpu = device.type == "cuda"
    model = ResNet(model).to(device, memory_format=torch.channels_last)
    fds = FDS(model.feature_dim, BINS, covariance=kind).to(device) if kind else None
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    x = torch.randn(batch, 3, size, size, device=device)
    x = x.contiguous(memory_format=torch.channels_last)
    y = 100 * torch.rand(batch, device=device)

    def step():
        with torch.autocast(device.type, torch.bfloat16):
            z = model.features(x)
            y_hat = model.regressor(z if fds is None else fds(z, y)).squeeze(-1)
        optimizer.zero_grad()
        l1_loss(y_hat.float(), y).backward()
        optimizer.step()

    wait = torch.cuda.synchronize if on_gpu else lambda: None
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    step()
    if fds is not None:
        fds.end_epoch()
    step()
    wait()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    wait()
    seconds = time.perf_counter() - start
    peak = torch.cuda.max_memory_allocated() if on_gpu else None
    return {"images a second": batch * steps / seconds, "peak bytes": peak}


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.bench.gpu")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "GPU.json")
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--size", type=int, default=224, help="pixels of a side")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=50)
    args = parser.parse_args(argv)
    device = torch.device(args.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch finds no GPU here: --device cpu tries the script")
    name = torch.cuda.get_device_name() if device.type == "cuda" else device.type
    sizes = (args.model, args.size, args.batch, args.steps)
    result = {
        "device": name,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "model, pixels, batch, steps": sizes,
        "agreement with the CPU": {k: agreement(device, k) for k in KINDS},
        "training": {
            k or "without FDS": speed(device, k, *sizes)
            for k in (None, "diagonal", "low_rank")
        },
    }
    write_json(args.out, result)
    print(f"{name}: {args.out}")


if __name__ == "__main__":
    main()
