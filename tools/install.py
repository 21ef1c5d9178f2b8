"""Install what the lessons need into this Python: the one script that does.

    python tools/install.py [pip's options]

``make lab``, the container and Binder run it. PyTorch's usual build for Linux brings
3 GB of CUDA along. Without an NVIDIA GPU its own index of CPU builds is asked first;
where that can't be reached, the usual index serves. Runs with nothing installed.
"""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS = 5


def extra_index(platform=sys.platform, gpu=None, index=CPU_INDEX):
    """The address of CPU builds, or None; and a word about it."""
    gpu = shutil.which("nvidia-smi") is not None if gpu is None else gpu
    if not platform.startswith("linux"):
        return None, "the usual PyTorch, which is a CPU build here"
    if gpu:
        return None, "the usual PyTorch, because there is an NVIDIA GPU"
    try:
        urllib.request.urlopen(f"{index}/torch/", timeout=SECONDS).close()
    except (OSError, ValueError) as error:
        why = f"{index} does not answer ({error})"
        return None, f"the usual PyTorch, a large download, because {why}"
    return index, f"the CPU build of PyTorch, from {index}"


def main(argv=None) -> int:
    index, word = extra_index()
    if os.environ.get("PIP_EXTRA_INDEX_URL"):
        index, word = None, "PyTorch as PIP_EXTRA_INDEX_URL says"
    print(f"Installing {word}.", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    pip += ["-r", "requirements.txt", "-c", "constraints.txt"]
    pip += ["--extra-index-url", index] if index else []
    flags = sys.argv[1:] if argv is None else argv
    return subprocess.call([*pip, *flags], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
