"""Features in batches, with the bin of each sample: the inputs of exercise 3.1."""

import tracemalloc

import numpy as np

rng = np.random.default_rng(31)


class Batches(list):
    """Pairs (features, index), shown as a student writes them, or by their sizes."""

    def __repr__(self):
        if sum(len(index) for _, index in self) < 5:
            return repr([(x.tolist(), index.tolist()) for x, index in self])
        if len(self) > 4:
            return f"<{len(self)} batches of {len(self[0][1])} samples>"
        sizes = " + ".join(str(len(index)) for _, index in self)
        return f"<batches, {sizes} samples>"


class Stream:
    """Batches as they come while a network trains: once, and then they are gone.

    Each is made when it is asked for. What a reader keeps of them is measured: the sums
    of the bins are small, the batches aren't.
    """

    def __init__(self, batches):
        self._batches, self._read = batches, False
        size = sum(x.nbytes + index.nbytes for x, index in batches)
        self._most = size / 4 if size > 1e5 else np.inf  # bytes; a few batches at least

    def __repr__(self):
        return "<a stream of batches>"

    def __iter__(self):
        if self._read:
            raise RuntimeError("the batches are gone: they can be read once")
        self._read = True
        return self._watched() if np.isfinite(self._most) else self._made()

    def _made(self):
        return ((x.copy(), index.copy()) for x, index in self._batches)

    def _watched(self):
        mine = not tracemalloc.is_tracing()
        if mine:
            tracemalloc.start(1)
        try:
            before = _bytes_of_arrays()
            for i, batch in enumerate(self._made()):
                if i % 10 == 0 and _bytes_of_arrays() - before > self._most:
                    raise MemoryError("the batches don't fit into the memory together")
                yield batch
        finally:
            if mine:
                tracemalloc.stop()


def _bytes_of_arrays():
    domain = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    snapshot = tracemalloc.take_snapshot().filter_traces([domain])
    return sum(trace.size for trace in snapshot.traces)


def streamed(answer):
    """An `adapt`: the answer gets the first argument of each input as a stream."""
    return lambda batches, *args: answer(Stream(batches), *args)


def _batches(index, sizes, dim):
    """Random features for these bins, cut into batches of these sizes.

    They are quarters, so that float32 adds them up and their squares without an error:
    who lacks digits lacks them far from zero only, and the check says why.
    """
    index = np.array(index)
    features = rng.normal(rng.normal(0, 2, dim), 2, (len(index), dim))
    features = np.round(4 * features) / 4
    ends = np.cumsum(sizes)[:-1]
    return Batches(zip(np.split(features, ends), np.split(index, ends), strict=True))


def _far_from_zero():
    """Features that differ by a hundred-thousandth, in bins of 2, 4 and 4 samples.

    All float32 sums of squares lose these differences, in whichever order they are
    taken: the deviations cancel in pairs, and the counts are powers of 2.
    """
    steps = np.array([3, -3, 11, -11, 6, -6, 2, -2, 9, -9])[:, None] * [1, -1, 1]
    features = np.array([1024, 2048, -512]) * (1 + steps / 2**20)
    index = np.array([0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    mixed = rng.permutation(10)
    features, index = features[mixed].astype(np.float32), index[mixed]
    return Batches([(features[:4], index[:4]), (features[4:], index[4:])])


_two = np.array([[1.0], [3.0]]), np.array([0, 0])
NEAR_ZERO = [
    (Batches([_two, (np.array([[5.0]]), np.array([0]))]), 1, 1),
    (_batches([4, 0, 1, 1, 0, 2, 5, 0, 2, 1, 4, 2, 0, 0, 1, 0], (7, 1, 8), 3), 7, 3),
    (_batches(rng.integers(1, 4, 60), (20, 20, 15, 5), 2), 6, 2),
    (_batches([1, 0, 0, 1, 2], (5,), 1), 3, 1),
]
FAR_FROM_ZERO = _far_from_zero(), 3, 3
LONG = _batches(rng.integers(0, 2, 100 * 64), [64] * 100, 4), 2, 4
