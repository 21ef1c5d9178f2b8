"""Trainings that run in the background while the student reads on.

``runs = background.start(function, jobs)`` returns at once, and `runs` shows one bar
for all of them; ``runs.wait()`` waits for what they return. The function may be one of
the notebook: joblib's loky sends it to the processes that train, with all that it uses.
"""

import contextlib
import html
import os
import signal
import tempfile
import threading
import time
from concurrent.futures import wait
from pathlib import Path

# Set where returned notebooks are graded: there nothing is trained.
GRADED = "COURSE_GRADED"
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
)
MOST_WORKERS = 3  # each has torch in its memory
STEP = 0.5  # seconds between two looks at the runs

_running = None  # the runs that were started last
_file = None  # in a process that trains: where it says how far it is


def start(function, jobs, *, instead=None, workers=None):
    """Call a function once for each job, in processes of their own, and return at once.

    What was started before and still runs is stopped.

    Parameters
    ----------
    function : callable
        Of the notebook, or of a module.
    jobs : dict of str to dict
        The name of each run, and the keyword arguments of its call.
    instead : callable, optional
        ``instead(name)`` gives what stands in for a run where the runs are not whole:
        one failed, they were stopped, or a notebook is graded. Without it that is None.
    workers : int, optional
        How many run at a time, each with one thread; without it as many as there are
        processors, up to `MOST_WORKERS`.

    Returns
    -------
    Runs
    """
    global _running
    if _running is not None:
        _running.stop()
    _running = Runs(function, jobs, instead, workers)
    return _running


def report(share):
    """Say how far the run is to which this process belongs, from 0 to 1.

    Called anywhere else it does nothing.
    """
    if _file is not None:
        with contextlib.suppress(OSError):
            Path(_file).write_text(f"{share:.3f}", encoding="ascii")


class Runs:
    """What runs in the background: shown in a notebook, a bar for all of it.

    Attributes
    ----------
    problem : str or None
        Why the runs are not whole, in a sentence.
    """

    def __init__(self, function, jobs, instead, workers):
        self.jobs, self.problem = dict(jobs), None
        self._instead, self._futures, self._executor = instead, {}, None
        self._moves = False
        self._begin, self._box = time.monotonic(), None
        if os.environ.get(GRADED):
            self.problem = "a notebook that is graded trains nothing"
            return
        # They take a second to load: only where something is started.
        from joblib import cpu_count
        from joblib.externals.loky import ProcessPoolExecutor

        self._folder = tempfile.TemporaryDirectory(
            prefix="runs-", ignore_cleanup_errors=True
        )
        self._executor = ProcessPoolExecutor(
            workers or min(len(self.jobs), cpu_count(), MOST_WORKERS),
            initializer=_ignore_interrupts,
            env=ONE_THREAD,
        )
        for i, (name, options) in enumerate(self.jobs.items()):
            task = function, options, str(self._progress_file(i))
            self._futures[name] = self._executor.submit(_run, *task)
        # The variable hides every bar of the course: see dirlib.progress.
        self._moves = not os.environ.get("TQDM_DISABLE")
        if self._moves:
            threading.Thread(target=self._watch, daemon=True).start()

    def wait(self):
        """Wait for all runs, and return what each of them returned, a dict by name.

        If they are not whole, what stands in for them is returned instead, and a
        sentence says why. So it is, too, if you interrupt the kernel: then the runs
        are stopped.
        """
        pending = set(self._futures.values())
        if self._box is not None and self._moves and self.share() < 1:
            from IPython.display import display

            display(self._box)  # once more: the first one is far above by now
        try:
            while pending and self.problem is None:
                done, pending = wait(pending, timeout=STEP)
                self._look_for_errors(done)
        except KeyboardInterrupt:
            self.problem = "you stopped them"
        if self.problem is None:
            results = {name: f.result() for name, f in self._futures.items()}
            self._end(kill=False)
            return results
        self.stop()
        what = "the recorded ones take their place" if self._instead else "none is kept"
        print(f"Your runs are not whole, and {what}: {self.problem}.")
        return {name: self._instead and self._instead(name) for name in self.jobs}

    def stop(self):
        """End what still runs; what was done is lost."""
        if self.share() < 1:
            self.problem = self.problem or "they were stopped"
        self._end(kill=True)

    def share(self):
        """How much of all runs is done, from 0 to 1."""
        if not self._futures:
            return 0.0
        shares = [
            1.0 if future.done() else self._read(i)
            for i, future in enumerate(self._futures.values())
        ]
        return sum(shares) / len(shares)

    def __repr__(self):
        n = len(self.jobs)
        if self.problem:
            return f"{n} runs, not whole: {self.problem}"
        if all(future.done() for future in self._futures.values()):
            return f"{n} runs are done"
        return f"{n} runs in the background: read on"

    def _repr_mimebundle_(self, **kwargs):
        if self._box is None:
            self._box = self._make_box()
        return self._box._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    def _make_box(self):
        import ipywidgets as widgets

        bar = widgets.FloatProgress(max=1.0, layout={"width": "24em"})
        bar.tooltip = "how much of the trainings is done"
        said = widgets.HTML(html.escape(repr(self)))
        return widgets.HBox([bar, said])

    def _watch(self):
        """Fill the bar until all is done."""
        share = 0.0
        while share < 1 and self.problem is None:
            share = self.share()
            self._look_for_errors({f for f in self._futures.values() if f.done()})
            self._show(share, self._told(share))
            time.sleep(STEP)
        if self.problem is not None:
            self._show(share, repr(self))

    def _show(self, share, told):
        if self._box is not None:
            bar, said = self._box.children
            with contextlib.suppress(Exception):  # the page may be gone
                bar.value, said.value = share, html.escape(told)

    def _told(self, share):
        done = sum(future.done() for future in self._futures.values())
        told = f"{done} of {len(self.jobs)} runs are done"
        took = time.monotonic() - self._begin
        if not 0.05 < share < 1:
            return told
        left = took * (1 - share) / share
        return f"{told}; about {max(1, round(left / 60))} min left"

    def _look_for_errors(self, done):
        for name, future in self._futures.items():
            if future in done and self.problem is None:
                error = None if future.cancelled() else future.exception()
                if error is not None:
                    self.problem = f"{name} failed with {_sentence(error)}"

    def _end(self, kill):
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=kill)
            self._executor = None
            self._folder.cleanup()

    def _progress_file(self, i):
        return Path(self._folder.name) / str(i)

    def _read(self, i):
        try:
            share = float(self._progress_file(i).read_text(encoding="ascii"))
            return min(share, 0.99)  # it is done when its result is here
        except (OSError, ValueError):  # not begun, or just being written
            return 0.0


def _run(function, options, file):
    global _file
    _file = file
    return function(**options)


def _ignore_interrupts():
    """An interrupt of the notebook's kernel reaches all of its processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _sentence(error):
    """The kind of an error and the first line of what it says."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # a student's own class may fail to say what it is
        lines = []
    said = lines[0][:200].rstrip(".") if lines else "no message"
    return f"{type(error).__name__} ({said})"
