"""GitHub's workflows, the container and Binder: what they name is there.

They run elsewhere. Here each is read: systems, Pythons, and the files of its commands.
"""

import itertools
import json
import re
import shlex
import tomllib

import pytest
import yaml

from tools.lessons.env import ROOT

FLOWS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / ".github/workflows").glob("*.yml"))
}
CI = FLOWS["ci.yml"]["jobs"]
STEPS = [
    pytest.param(step, id=f"{flow}-{name}-{place}")
    for flow, content in FLOWS.items()
    for name, job in content["jobs"].items()
    for place, step in enumerate(job["steps"])
]


def supported():
    """The Pythons from the oldest that pyproject.toml takes to the newest tested."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    oldest = re.fullmatch(r">=3\.(\d+)", project["project"]["requires-python"])[1]
    tested = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    newest = re.search(r"Python 3\.\d+ to 3\.(\d+)", tested)[1]
    return [f"3.{minor}" for minor in range(int(oldest), int(newest) + 1)]


def runs(job):
    """Pairs (system, Python) that a job runs on."""
    matrix = job.get("strategy", {}).get("matrix", {})
    rows = matrix.get("include") or [
        dict(zip(matrix, values, strict=True))
        for values in itertools.product(*matrix.values())
    ]
    setup = [s for s in job["steps"] if "setup-python" in s.get("uses", "")]
    for row in rows:
        yield tuple(
            re.sub(
                r"\$\{\{ matrix\.(\w+) \}\}", lambda found, row=row: row[found[1]], text
            )
            for text in (job["runs-on"], setup[0]["with"]["python-version"])
        )


def on_schedule(job):
    return job.get("if") == "github.event_name == 'schedule'"


def test_each_system_runs_on_the_supported_pythons():
    found = {pair for job in CI.values() if not on_schedule(job) for pair in runs(job)}
    pythons = supported()
    assert {python for system, python in found if system == "ubuntu-latest"} == {
        *pythons
    }
    for system in ("windows-latest", "macos-latest"):
        assert {(system, pythons[0]), (system, pythons[-1])} <= found
    assert any(system.endswith("-arm") for system, _ in found)
    assert {python for _, python in found} == {*pythons}


def test_oldest_and_newest_dependencies_are_tried_each_week():
    [when] = FLOWS["ci.yml"][True]["schedule"]  # `on` is a truth value in YAML
    _, _, day, month, weekday = when["cron"].split()
    assert (day, month) == ("*", "*") and re.fullmatch("[0-6]", weekday)
    [job] = [job for job in CI.values() if on_schedule(job)]
    rows = job["strategy"]["matrix"]["include"]
    assert {(row["resolution"], row["python"]) for row in rows} == {
        ("lowest-direct", supported()[0]),
        ("highest", supported()[-1]),
    }
    others = [job for job in CI.values() if not on_schedule(job)]
    assert all(job["if"] == "github.event_name != 'schedule'" for job in others)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_an_action_of_a_major_version_or_a_command_that_can_run(step):
    if "uses" in step:
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])
    else:
        for line in step["run"].splitlines():
            check_command(line)


def check_command(line):
    """Targets, scripts and files that a command names are there."""
    program, *words = shlex.split(line)
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert all(re.search(rf"^{word}:", makefile, re.M) for word in words), line
    for word in words:
        if re.fullmatch(r"(tests|tools|binder|\.ci)(/[\w.-]+)+|[\w-]+\.txt", word):
            assert (ROOT / word).exists(), line


def test_commands_on_windows_are_of_every_shell():
    jobs = [job for job in CI.values() if any("windows" in s for s, _ in runs(job))]
    lines = [line for job in jobs for step in job["steps"]
             for line in step.get("run", "").splitlines()]  # fmt: skip
    assert lines
    for line in lines:
        assert line.startswith("python ") and not re.search(r"[$&|;<>\\`]", line), line


def test_the_container_names_what_is_there():
    text = (ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(text)
    assert container["image"].rpartition(":")[2] in supported()
    check_command(container["postCreateCommand"])
    attach = container["postAttachCommand"]
    copies, lab = attach.split(" && ")
    assert copies.split()[:3] == ["python", "-m", "tools.lessons.copies"]
    folder = copies.split()[3]
    first = re.search(r"default_url=/lab/tree/(\S+)", lab)[1]
    assert first.startswith(f"{folder}/")
    assert (ROOT / first.replace(folder, "lessons", 1)).is_file()
    port = int(re.search(r"--port=(\d+)", lab)[1])
    assert container["forwardPorts"] == [port]
    assert list(container["portsAttributes"]) == [str(port)]


def test_binder_takes_a_supported_python():
    text = (ROOT / "binder/runtime.txt").read_text(encoding="utf-8")
    assert text.strip().removeprefix("python-") in supported()
