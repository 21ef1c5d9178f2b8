"""Run one returned notebook, whatever is in it: a program of its own.

    python run_notebook.py < task.json > done.json

``grade.py`` starts it, once for each notebook, behind the walls of ``sandbox.py``: so
student code never runs in the process that knows solutions and marks. The task says
what to run (``notebook``), what to bind anew before each check (``before_checks``), the
limits (``cell_seconds``, ``seconds``, ``memory``, ``processes``) and the environment
(``env``). What comes back is the notebook with its outputs, and beside it the cells
that were given up, with the reason.

A cell that does not end is interrupted. One that cannot be interrupted, or that takes
the kernel with it, is left out, and the notebook runs once more from its beginning: so
one bad cell costs its own exercise and no other. A cell's time is what its kernel takes
of a processor, so that honest work is not cut on a computer that is busy.
"""

import asyncio
import base64
import contextlib
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.modules.setdefault("rfc3987_syntax", None)  # as tools/__init__.py says

import nbformat  # noqa: E402
import psutil  # noqa: E402
from jupyter_core.utils import ensure_async, run_sync  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbclient.exceptions import DeadKernelError  # noqa: E402

DATA_LIMIT = 5_000_000  # characters of the figures and values that a cell may show
MAX_RUNS = 5
WAITING = 10  # a cell that waits, and takes no processor, has so many times its limit
GRACE = 5  # seconds of a processor that an interrupted cell has to come to its end
NEVER = 10**6  # seconds, for the limits of nbclient's own
FILE_LIMIT = 2**28  # bytes of a file
FIGURE_WIDTH = 800  # pixels
STUBBORN = "this cell does not end and cannot be interrupted"
TOO_LARGE = "this cell takes more memory than there is for it"


class Client(NotebookClient):
    """nbclient, with an end to how much a cell may show, and to how long it takes."""

    cell_seconds = 0  # of a processor
    memory = 0  # bytes
    notebook_end = 0  # on time.monotonic()
    killed = ""

    async def async_execute_cell(self, cell, cell_index, **options):
        limit = asyncio.ensure_future(self.limit_time())
        try:
            return await super().async_execute_cell(cell, cell_index, **options)
        finally:
            limit.cancel()

    execute_cell = run_sync(async_execute_cell)

    async def limit_time(self):
        """Interrupt the kernel when its time is over; end it if it goes on."""
        kernel = psutil.Process(self.km.provisioner.pid)
        left = self.notebook_end - time.monotonic()
        with contextlib.suppress(psutil.NoSuchProcess):
            too_large = await out_of_bounds(self.cell_seconds, self.memory, left)
            if not too_large:
                await ensure_async(self.km.interrupt_kernel())
                too_large = await out_of_bounds(GRACE, self.memory)
            self.killed = TOO_LARGE if too_large else STUBBORN
            kernel.kill()

    def output(self, outs, msg, display_id, cell_index):
        size = sum(len(json.dumps(out)) for out in outs)
        content = msg["content"]
        if size + len(json.dumps(content, default=str)) > DATA_LIMIT:
            return None
        return super().output(outs, msg, display_id, cell_index)


async def out_of_bounds(seconds: float, memory: float, wait: float = NEVER) -> bool:
    """Return when all that runs took ``seconds`` of a processor, or waited too long.

    True means that it is too large instead: ``memory`` bytes are in use.
    """
    first, begin = in_use()[0], time.monotonic()
    wait = min(wait, seconds * WAITING)
    while time.monotonic() - begin < wait:
        took, size = in_use()
        if size > memory or took - first > seconds:
            return size > memory
        await asyncio.sleep(0.2)
    return False


def in_use() -> tuple[float, int]:
    """Seconds of a processor and bytes of memory of the kernel and what it started."""
    seconds, size = 0.0, 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info()
            size += memory.rss - getattr(memory, "shared", 0)
            seconds += sum(process.cpu_times()[:4])  # its own, and its children's
    return seconds, size


def run(task: dict, folder: Path) -> dict:
    """The notebook with its outputs, and the cells given up: place to reason."""
    end = time.monotonic() + task["seconds"]
    given_up: dict[int, str] = {}
    for _ in range(MAX_RUNS):
        notebook = nbformat.from_dict(task["notebook"])
        client = new_client(notebook, task, folder)
        try:
            ended = run_cells(client, task, given_up, end)
        finally:
            end_processes(client)
        if ended is None:
            break
        place, reason = ended
        given_up[place] = reason
    else:  # the kernel has ended in too many cells: what was not reached earns nothing
        for cell in notebook.cells[place:]:
            not_run(cell, "too many cells before this one ended the kernel")
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                output.data["image/png"] = smaller(png)
    return {"notebook": notebook, "given_up": given_up}


def new_client(notebook, task, folder) -> Client:
    client = Client(
        notebook,
        kernel_name="python3",
        allow_errors=True,
        startup_timeout=NEVER,
        iopub_timeout=NEVER,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.outstream_class=kernel_limits.ShortStream"],
        resources={"metadata": {"path": str(folder)}},
    )
    client.cell_seconds, client.memory = task["cell_seconds"], task["memory"]
    return client


def run_cells(client, task, given_up, end) -> tuple[int, str] | None:
    """Run all cells in one kernel; the cell that ended it and how, or None."""
    notebook = client.nb
    client.notebook_end = end

    def aside(code):
        """Run code in the kernel that is no cell of the notebook."""
        notebook.cells.append(nbformat.v4.new_code_cell(code))
        try:
            client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        finally:
            notebook.cells.pop()

    with client.setup_kernel():
        aside("__import__('kernel_limits').calm(get_ipython())")
        for place, cell in enumerate(list(notebook.cells)):
            if place in given_up:
                not_run(cell, given_up[place])
            elif time.monotonic() > end:
                not_run(cell, f"the notebook took longer than {task['seconds']:g} s")
            else:
                try:
                    if is_check(cell):
                        aside(task["before_checks"])
                    client.execute_cell(cell, place)
                except DeadKernelError:
                    return place, client.killed or "this cell ends the kernel"
    return None


def end_processes(client) -> None:
    """End what the cells have started, in the kernel's process group or out of it."""
    pid = getattr(getattr(client.km, "provisioner", None), "pid", None)
    if pid and hasattr(os, "killpg"):  # not on Windows
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.kill()


def smaller(png: str) -> str:
    """A figure in a few colours: nobody outside has to open it to make it small."""
    with contextlib.suppress(Exception):
        from PIL import Image

        with Image.open(io.BytesIO(base64.b64decode(png))) as figure:
            figure.load()
            plain = Image.new("RGB", figure.size, "white")
            rgba = figure.convert("RGBA")
            plain.paste(rgba, mask=rgba)
            plain.thumbnail((FIGURE_WIDTH, 4 * FIGURE_WIDTH))
            file = io.BytesIO()
            plain.quantize(32, dither=0).save(file, "png", optimize=True)
        made = base64.b64encode(file.getvalue()).decode()
        return min(made, png, key=len)
    return png


def is_check(cell) -> bool:
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade"))


def not_run(cell, reason: str) -> None:
    """Say in the cell why it was not run: a check without any output earns points."""
    if cell.cell_type == "code":
        cell.outputs = [
            nbformat.v4.new_output(
                "error", ename="NotRun", evalue=reason, traceback=[f"NotRun: {reason}"]
            )
        ]


def keep_in_bounds(task: dict) -> None:
    """Set the limits that the kernel inherits, and keep it out of this process.

    A cell that asks for far too much memory gets a MemoryError; what is in use is
    watched in `out_of_bounds`, since torch asks for more than it uses. Not on Windows.
    """
    try:
        import resource
    except ImportError:
        return
    for name, limit in (
        ("DATA", 2 * task["memory"]),
        ("FSIZE", FILE_LIMIT),
        ("NPROC", task["processes"]),
        ("CORE", 0),
    ):
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        if hard == resource.RLIM_INFINITY or hard > limit:
            resource.setrlimit(kind, (limit, limit))
    if sys.platform == "linux":  # no debugger, and no way to the answer by /proc
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def main() -> None:
    task = json.load(sys.stdin)
    # The kernel inherits what is open: nothing but this program may write its answer.
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    with tempfile.TemporaryDirectory(
        prefix="returned-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        home = folder / "home"
        shutil.copytree(task["home"], home)
        os.environ.clear()
        os.environ.update(task["env"])
        programs = os.path.dirname(sys.executable)
        os.environ["PATH"] = os.pathsep.join([programs, os.defpath])
        for each in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            os.environ[each] = str(home)
        os.environ["JUPYTER_RUNTIME_DIR"] = str(home / "runtime")
        os.environ["IPYTHONDIR"] = str(home / "ipython")
        os.environ["MPLCONFIGDIR"] = str(home / "matplotlib")
        work = folder / task["lesson"]
        work.mkdir()
        keep_in_bounds(task)
        json.dump(run(task, work), answer)


if __name__ == "__main__":
    main()
