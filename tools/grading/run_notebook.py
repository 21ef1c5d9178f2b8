"""Run one returned notebook, whatever is in it: a program of its own.

    python run_notebook.py < task.json > done.json

``grade.py`` starts it, once for each notebook, so that student code never runs in the
process that knows solutions and marks. The task says what to run (``notebook``), what
to bind anew before each check (``before_checks``), the limits (``cell_seconds``,
``seconds``, ``memory``) and the environment (``env``). What comes back is the notebook
with its outputs, and beside it the cells that were given up, with the reason.

A cell that does not end is interrupted. One that cannot be interrupted, or that takes
the kernel with it, is left out, and the notebook runs once more from its beginning: so
one bad cell costs its own exercise and no other. A cell's time is what its kernel takes
of a processor, so that honest work is not cut on a computer that is busy.
"""

import asyncio
import contextlib
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


class Client(NotebookClient):
    """nbclient, with an end to how much a cell may show, and to how long it takes."""

    cell_seconds = 0  # of a processor
    notebook_end = 0  # on time.monotonic()
    killed = False

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
            await out_of_time(kernel, self.cell_seconds, left)
            await ensure_async(self.km.interrupt_kernel())
            await out_of_time(kernel, GRACE)
            self.killed = True
            kernel.kill()

    def output(self, outs, msg, display_id, cell_index):
        size = sum(len(json.dumps(out)) for out in outs)
        content = msg["content"]
        if size + len(json.dumps(content, default=str)) > DATA_LIMIT:
            return None
        return super().output(outs, msg, display_id, cell_index)


async def out_of_time(process, seconds: float, wait: float = NEVER) -> None:
    """Return when a process took ``seconds`` of a processor, or waited for too long."""
    first, begin = processor_time(process), time.monotonic()
    wait = min(wait, seconds * WAITING)
    while processor_time(process) - first < seconds and time.monotonic() - begin < wait:
        await asyncio.sleep(0.2)


def processor_time(process) -> float:
    times = process.cpu_times()
    return times.user + times.system


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
    client.cell_seconds = task["cell_seconds"]
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
                    if client.killed:
                        return place, "this cell does not end and cannot be interrupted"
                    return place, "this cell ends the kernel"
    return None


def end_processes(client) -> None:
    """End what the cells have started: it is in the kernel's own process group."""
    pid = getattr(getattr(client.km, "provisioner", None), "pid", None)
    if pid and hasattr(os, "killpg"):  # not on Windows
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


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


def limit_memory(size: int) -> None:
    """Let a cell that wants too much memory fail, not the machine. Not on Windows."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


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
        for each in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            os.environ[each] = str(home)
        os.environ["JUPYTER_RUNTIME_DIR"] = str(home / "runtime")
        os.environ["IPYTHONDIR"] = str(home / "ipython")
        os.environ["MPLCONFIGDIR"] = str(home / "matplotlib")
        work = folder / task["lesson"]
        work.mkdir()
        limit_memory(task["memory"])
        json.dump(run(task, work), answer)


if __name__ == "__main__":
    main()
