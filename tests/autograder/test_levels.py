"""The guarantee levels: what `restricted` still holds, what `full` adds, and how a level is told and refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import cgroup
from autograder.sandbox import Deadlines, Outcome, Sandbox
from autograder.score import FAILED, NOT_RUN, Verdict, judge
from autograder.suite import Placed
from autograder.worker.scenarios import Scenario
from tests.autograder.conftest import COURSE, ROOT, Command
from tests.autograder.test_sandbox import kind, look, seen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the levels are Linux's")


@pytest.fixture(scope="module")
def restricted() -> Iterator[Sandbox]:
    """A zygote as in a container that allows no namespaces."""
    with Sandbox(COURSE, plots=False, level="restricted") as warm:
        if warm.guarantee is None or warm.guarantee.level != "restricted":
            pytest.skip("this kernel has no Landlock")
        yield warm


def test_restricted_cannot_read_the_answers(restricted: Sandbox) -> None:
    reference = COURSE / "solutions" / "lesson_9_1" / "exercises.py"
    assert reference.is_file()
    assert kind(restricted, f"return open({str(reference)!r}).read()") == "PermissionError"
    assert kind(restricted, f"return os.listdir({str(ROOT)!r})") == "PermissionError"
    assert kind(restricted, "return open('/etc/passwd').read()") == "PermissionError"
    assert kind(restricted, "return open('/proc/self/environ').read()") == "PermissionError"


def test_restricted_reads_the_data_and_writes_scratch_space_alone(restricted: Sandbox) -> None:
    assert seen(restricted, "return (data / 'note.txt').read_text()") == "one line of data\n"
    assert kind(restricted, "(data / 'x').write_text('x')") == "PermissionError"
    assert seen(restricted, "(tmp_path / 'x').write_text('x')\nreturn os.listdir(tmp_path)") == ["x"]
    assert kind(restricted, "open('/tmp/x', 'w')") == "PermissionError"


def test_restricted_has_no_network(restricted: Sandbox) -> None:
    assert kind(restricted, "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)") == "PermissionError"


def test_where_processes_cannot_talk_it_is_said_and_not_held_against_anybody(restricted: Sandbox) -> None:
    body = "from autograder.worker import probes\nreturn probes.ranks(2, lambda rank, meeting: rank)"
    outcome = look(restricted, body).outcomes[0]
    assert outcome.status == "no_network"
    assert _verdict(outcome, outcome).verdict == NOT_RUN
    assert _verdict(outcome, Outcome("returned", value=1)).verdict == FAILED


def _verdict(outcome: Outcome, wanted: Outcome) -> Verdict:
    scenario = Scenario("test_look", 0, "test_look", "look", 1.0, None, None, {})
    return judge(Placed("test_look.py", scenario), "cpu", outcome, wanted, None)


def test_restricted_never_runs_as_root(restricted: Sandbox) -> None:
    assert seen(restricted, "return os.getuid()") != 0


def test_restricted_cannot_kill_the_zygote(restricted: Sandbox) -> None:
    assert kind(restricted, "os.kill(os.getppid(), 9)") == "PermissionError"


def test_restricted_leaves_nothing_running_and_nothing_behind(restricted: Sandbox) -> None:
    restricted.deadlines = Deadlines(scenario_cpu=0.5, scenario_wall=3, submission_cpu=4)
    folder = seen(restricted, "return os.environ['TMPDIR']")
    assert not Path(folder).exists()
    inner = "    if os.fork() == 0:\n        clock.sleep(600)\n"
    body = f"if os.fork() == 0:\n    os.setsid()\n{inner}    os._exit(0)\nreturn os.getpid()"
    assert look(restricted, body).outcomes[0].status == "returned"
    assert [pid for pid in _sleepers() if pid != os.getpid()] == []


def _sleepers() -> list[int]:
    """Return the processes that run the worker's module and are no zygote of this session."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            parts = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
            status = (folder / "stat").read_text() if b"autograder.worker" in parts else ""
        except OSError:
            continue
        if status and status.rpartition(")")[2].split()[1] == "1":
            found.append(int(folder.name))
    return found


def test_full_bounds_the_memory_of_a_process_tree() -> None:
    probe = cgroup.create(1 << 30, 32)
    if probe is None:
        pytest.skip("this machine lets us make no cgroup")
    probe.remove()
    assert not any(folder.exists() for folder in probe.folders)
    with Sandbox(COURSE, plots=False) as full:
        assert full.guarantee is not None
        assert full.guarantee.level == "full"
        body = (
            "for _ in range(8):\n    if os.fork() == 0:\n        block = bytearray(800 << 20)\n"
            "        for at in range(0, len(block), 4096):\n            block[at] = 1\n        clock.sleep(60)\n"
            "clock.sleep(4)\nreturn 1"
        )
        look(full, body)
        assert seen(full, "return 'the zygote lives'") == "the zygote lives"


def test_system_calls_that_break_out_are_refused(sandbox: Sandbox) -> None:
    assert kind(sandbox, "os.memfd_create('x')") == "PermissionError"
    assert kind(sandbox, "socket.socket(40, socket.SOCK_STREAM)") == "PermissionError"
    body = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nreturn [libc.unshare(0x10000000), ctypes.get_errno()]"
    )
    assert seen(sandbox, body) == [-1, 1]


def test_doctor_tells_the_level_and_the_devices(command: Command) -> None:
    done = command("autograder.cli", "doctor")
    assert done.returncode == 0, done.stderr
    assert "guarantee level" in done.stdout
    assert "cpu" in done.stdout.partition("devices")[2].splitlines()[0]
