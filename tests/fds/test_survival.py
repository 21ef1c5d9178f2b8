"""What frameworks do to modules, and what then holds: one table, printed at the end.

Each row is a function of a layer in the middle of its second epoch. It gives another
layer, or lets this one go through something, and the row's law compares it with a layer
that nothing was done to.
"""

import contextlib
import copy
import io
import pickle
import shutil
import tempfile

import onnxruntime
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel
from torch.utils.checkpoint import checkpoint

import dirlib
from dirlib import LabelBins

BINS = LabelBins(0, 10, 1)
D, RANK, N = 4, 1, 40
KINDS = ["diagonal", "full", "low_rank"]

SAME = "equal to the untouched layer, bit for bit"
CLOSE = "equal but for the last bits"
CAST = "equal; features to the precision of the cast"
MEAN = "the mean of the copies"
ONE = "the counts of one process, one count a sample"
EVAL = "the evaluated model's output"
ANEW = "equal to a new layer, bit for bit"


def layer(kind):
    return dirlib.FDS(D, BINS, "gaussian", 5, 2.0, covariance=kind, rank=RANK)


def batch(seed, n=N):
    g = torch.Generator().manual_seed(seed)
    labels = torch.rand(n, generator=g) * 10
    return torch.randn(n, D, generator=g) * (1 + labels[:, None]), labels


def in_mid_epoch(kind):
    fds = layer(kind)
    fds(*batch(0)), fds.end_epoch()
    fds(*batch(1))
    return fds


def goes_on(fds):
    """What comes out of the rest of the epoch, and of the next one; and the state."""
    first = fds(*batch(2))
    fds.end_epoch()
    return [first, fds(*batch(3)), *fds.state_dict().values()]


class Network(nn.Module):
    """The layer as users place it."""

    def __init__(self, fds):
        super().__init__()
        self.features, self.regressor = nn.Linear(3, D), nn.Linear(D, 1)
        self.fds = fds

    def forward(self, x, labels=None):
        return self.regressor(self.fds(self.features(x), labels))


def same(fds, kind):
    for found, expected in zip(goes_on(fds), goes_on(in_mid_epoch(kind)), strict=True):
        assert found.dtype == expected.dtype and torch.equal(found, expected)


def close(fds, kind):
    for found, expected in zip(goes_on(fds), goes_on(in_mid_epoch(kind)), strict=True):
        torch.testing.assert_close(found, expected)


def cast(fds, kind):
    same(copy.deepcopy(fds), kind)
    z, y = batch(4)
    whole = in_mid_epoch(kind)(z, y)
    for dtype, tolerance in ((torch.float16, 0.02), (torch.bfloat16, 0.1)):
        found = fds(z.to(dtype), y)
        assert found.dtype == dtype
        error = (found.float() - whole).abs().max()
        assert error < tolerance * whole.abs().max()


def anew(fds, kind):
    new = layer(kind)
    assert all(map(torch.equal, fds.state_dict().values(), new.state_dict().values()))
    fds(*batch(1)), new(*batch(1))
    assert all(map(torch.equal, goes_on(fds), goes_on(new)))


def holds(fds, kind):
    """The row itself has compared."""


def merged(fds, kind):
    """As with BatchNorm, what one process would have counted from all samples."""
    alone = layer(kind)
    for _ in range(2):
        for step in range(3):
            for rank in range(2):
                alone(*batch_of(rank, step))
        alone.end_epoch()
    assert fds.count.sum() == 6 * N
    for name, value in alone.state_dict().items():
        torch.testing.assert_close(fds.state_dict()[name], value)


LAWS = {SAME: same, CLOSE: close, CAST: cast, ANEW: anew, ONE: merged}
ROWS = {}


def row(name, law):
    """Make a row of the table of what the function does; None: the layer itself."""

    def add(function):
        ROWS[name] = law, function
        return function

    return add


row("deepcopy", SAME)(lambda fds, _: copy.deepcopy(fds))
row("pickle", SAME)(lambda fds, _: pickle.loads(pickle.dumps(fds)))
row(".to(float32)", CAST)(lambda fds, _: fds.to("cpu", torch.float32))
row(".float()", CAST)(lambda fds, _: fds.float())
row(".half() of the model", CAST)(lambda fds, _: Network(fds).half().fds)
row(".bfloat16()", CAST)(lambda fds, _: fds.bfloat16())


@row("torch.save of the model", SAME)
def saved(fds, _):
    file = io.BytesIO()
    torch.save(Network(fds), file)
    return torch.load(io.BytesIO(file.getvalue()), weights_only=False).fds


@row("spawned process", SAME)
def spawned(fds, processes):
    return processes["spawned"]


@row("state loaded", SAME)
def loaded(fds, _, times=1):
    other = layer(fds.covariance)
    other(*batch(5)), other.end_epoch(), other(*batch(6))  # is forgotten
    for _ in range(times):
        other.load_state_dict(fds.state_dict())
    return other


row("state loaded three times", SAME)(lambda fds, _: loaded(fds, _, 3))


@row("state loaded by assignment", SAME)
def assigned(fds, _):
    other = layer(fds.covariance)
    state = {name: value.clone() for name, value in fds.state_dict().items()}
    other.load_state_dict(state, assign=True)
    return other


@row("buffers overwritten", SAME)
def overwritten(fds, _):
    """As broadcasts do: a copy's tensors are written to directly."""
    other = copy.deepcopy(loaded(in_mid_epoch(fds.covariance), _))
    other(*batch(5)), other.end_epoch(), other(*batch(5))
    other.epoch.load_state_dict(fds.epoch.state_dict())
    for value, new in zip(other.buffers(), fds.buffers(), strict=True):
        value.data.copy_(new)
    return other


@row("autocast", SAME)
def autocast(fds, _):
    """Features that autocast left alone are not rounded, and statistics neither."""
    fds.epoch.reset()
    with torch.autocast("cpu", torch.bfloat16):
        fds(*batch(1))
        z, y = batch(1)
        assert torch.equal(copy.deepcopy(fds)(z, y), in_mid_epoch(fds.covariance)(z, y))
        rounded = copy.deepcopy(fds)(nn.Linear(D, D)(z), y)
        assert rounded.dtype == torch.bfloat16


@row("train and eval in mid-epoch", SAME)
def toggled(fds, _):
    fds.eval()
    z, y = batch(6)
    assert fds(z, y) is z and fds(z) is z
    fds.train()


@row("DDP, the layer inside", ONE)
def ddp_inside(fds, processes):
    return processes["inside"]


@row("DDP, the layer outside", ONE)
def ddp_outside(fds, processes):
    return processes["outside"]


@row("FSDP2 fully_shard", SAME)
def sharded(fds, _):
    network, sharded = Network(fds), Network(copy.deepcopy(fds))
    sharded.load_state_dict(network.state_dict())
    with process_group():
        mesh = init_device_mesh("cpu", (1,))
        for part in (sharded.features, sharded.fds, sharded):
            fully_shard(part, mesh=mesh)
        for seed in (5, 6):
            x, y = batch(seed)
            found, expected = sharded(x[:, :3], y), network(x[:, :3], y)
            assert torch.equal(found, expected)
            found.sum().backward()
            sharded.fds.end_epoch(), fds.end_epoch()
        states = sharded.fds.state_dict().values(), fds.state_dict().values()
        assert all(map(torch.equal, *states))
    return in_mid_epoch(fds.covariance)


@row("averaged without buffers", SAME)
def averaged(fds, _):
    network = Network(copy.deepcopy(fds))
    network.fds(*batch(5)), network.fds.end_epoch(), network.fds(*batch(1))
    average = AveragedModel(network)
    network.fds.load_state_dict(fds.state_dict())
    average.update_parameters(network)  # copies buffers as they are
    average.module.fds.epoch.load_state_dict(fds.epoch.state_dict())
    return average.module.fds


@row("averaged with buffers", MEAN)
def averaged_buffers(fds, _):
    network = Network(fds)
    average, copies = AveragedModel(network, use_buffers=True), []
    for seed in range(3):
        fds(*batch(seed)), fds.end_epoch()
        average.update_parameters(network)
        copies.append([buffer.clone() for buffer in fds.buffers()])
    for found, *values in zip(average.module.fds.buffers(), *copies, strict=True):
        torch.testing.assert_close(found, torch.stack(values).mean(0))
    assert average.module.fds(*batch(4)).isfinite().all()


@row("activation checkpointing", SAME)
def checkpointed(fds, _, reentrant=False):
    fds.epoch.reset()
    (z, y), (plain, _) = batch(1), batch(1)
    untouched = in_mid_epoch(fds.covariance)
    untouched(plain.requires_grad_(), y).square().sum().backward()
    out = checkpoint(fds, z.requires_grad_(), y, use_reentrant=reentrant)
    out.square().sum().backward()
    assert torch.equal(z.grad, plain.grad) and fds.epoch.count.sum() == N


row("the same, reentrant", SAME)(lambda fds, _: checkpointed(fds, _, True))


@row("gradient accumulation", CLOSE)
def accumulated(fds, _):
    fds.epoch.reset()
    z, y = batch(1)
    weight = torch.ones(D, requires_grad=True)
    for part in range(4):
        fds(z[part::4] * weight, y[part::4]).sum().backward()
    assert fds.epoch.count.sum() == N


@row("meta, to_empty, reset_parameters", ANEW)
def emptied(fds, _):
    with torch.device("meta"):
        network = Network(layer(fds.covariance))
    network = network.to_empty(device="cpu")
    for tensor in (*network.fds.buffers(), network.fds.epoch.mean):
        tensor.fill_(7)  # as uninitialised memory might hold
    for module in network.modules():
        getattr(module, "reset_parameters", int)()
    return network.fds


@row("torch.compile, aot_eager, fullgraph", CLOSE)
def compiled(fds, _):
    torch._dynamo.reset()
    return torch.compile(fds, backend="aot_eager", fullgraph=True)


@row("fake tensors", "nothing is read back from the device")
def faked(fds, _):
    with FakeTensorMode(allow_non_fake_inputs=True):
        fds = layer(fds.covariance)
        for shape, dtype in (((N, D), torch.float32), ((2, 3, D), torch.bfloat16)):
            z = torch.randn(shape, dtype=dtype, requires_grad=True)
            fds(z, torch.rand(shape[:-1])).sum().backward()


@row("torch.export", EVAL)
def exported(fds, _):
    network, x = Network(fds).eval(), torch.randn(N, 3)
    program = torch.export.export(network, (x,))
    torch.testing.assert_close(program.module()(x), network(x))


@row("ONNX, in onnxruntime", EVAL)
def onnx(fds, _):
    network, x, file = Network(fds).eval(), torch.randn(N, 3), io.BytesIO()
    rows = ({0: torch.export.Dim.DYNAMIC},)
    torch.onnx.export(network, (x,), dynamo=True, dynamic_shapes=rows).save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    (found,) = session.run(None, {session.get_inputs()[0].name: x[:7].numpy()})
    torch.testing.assert_close(torch.from_numpy(found), network(x[:7]).detach())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROWS)
def test_survival(name, kind, record_property, processes):
    law, function = ROWS[name]
    record_property("survives", (name, law, kind))
    fds = in_mid_epoch(kind)
    out = function(fds, processes[kind])
    if law in LAWS:
        LAWS[law](fds if out is None else out, kind)


@pytest.mark.skipif(not shutil.which("g++"), reason="Inductor needs a C++ compiler")
def test_inductor(record_property):
    record_property("survives", ("torch.compile, Inductor", CLOSE, "diagonal"))
    torch._dynamo.reset()
    close(torch.compile(in_mid_epoch("diagonal"), fullgraph=True), "diagonal")


@contextlib.contextmanager
def process_group():
    """A group of this process alone."""
    with tempfile.NamedTemporaryFile() as meeting:
        address = f"file://{meeting.name}.group"
        dist.init_process_group("gloo", init_method=address, rank=0, world_size=1)
        try:
            yield
        finally:
            dist.destroy_process_group()


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """What each kind has been through in two processes."""
    out = tmp_path_factory.mktemp("processes")
    layers = {kind: in_mid_epoch(kind) for kind in KINDS}
    mp.spawn(in_process, (f"file://{out}/meeting", layers, str(out)), nprocs=2)
    one, two = (torch.load(out / f"{r}.pt", weights_only=False) for r in range(2))
    for kind in KINDS:
        for name in ("inside", "outside"):
            states = (made[kind][name].state_dict().values() for made in (one, two))
            assert all(map(torch.equal, *states)), (kind, name)
    return one


def batch_of(rank, step):
    """Samples of this process's own bins."""
    z, y = batch(10 * rank + step)
    return z, y / 2 + 5 * rank


def in_process(rank, address, layers, out):
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    made = {kind: {"spawned": fds} for kind, fds in layers.items()}
    for kind in KINDS:

        class Inside(nn.Module):
            def __init__(self, fds):
                super().__init__()
                self.fds, self.regressor = fds, nn.Linear(D, 1)

            def forward(self, z, labels):
                return self.regressor(self.fds(z, labels))

        inside, outside = layer(kind), layer(kind)
        wrapped = DistributedDataParallel(Inside(inside))
        regressor = DistributedDataParallel(nn.Linear(D, 1))
        for _ in range(2):
            for step in range(3):
                z, y = batch_of(rank, step)
                wrapped(z, y).sum().backward()
                regressor(outside(z, y)).sum().backward()
            inside.end_epoch(), outside.end_epoch()
        made[kind] |= {"inside": inside, "outside": outside}
    torch.save(made, f"{out}/{rank}.pt")
    dist.destroy_process_group()
