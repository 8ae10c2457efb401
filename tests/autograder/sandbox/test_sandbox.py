"""What a submission's process can see and do, shown from inside it; and what becomes of one that dies or never ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

import pytest

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.jobs import Deadlines, Job, Outcome, Result, Run, Source
from autograder.sandbox.sandbox import Sandbox
from autograder.worker import jail, processes
from tests.autograder.helpers import COURSE, ROOT
from tests.autograder.sandboxes import SUITE, kind, look, seen


@pytest.fixture
def impatient(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The warm zygote with short deadlines."""
    patient = sandbox.deadlines
    sandbox.deadlines = Deadlines(scenario_cpu=0.5, scenario_wall=3, submission_cpu=4)
    yield sandbox
    sandbox.deadlines = patient


def test_neither_solutions_nor_tests_nor_submissions_can_be_seen(sandbox: Sandbox) -> None:
    course = COURSE
    assert seen(sandbox, f"return os.path.exists({str(course)!r})") is False
    everything = (
        "return [place for place, _, files in os.walk('/') if not place.startswith('/proc') and 'lesson.toml' in files]"
    )
    assert seen(sandbox, everything) == []


def test_the_project_shows_nothing_but_the_worker_and_the_packages(sandbox: Sandbox) -> None:
    package = ROOT / "autograder"
    assert seen(sandbox, f"return sorted(os.listdir({str(package)!r}))") == ["__init__.py", "worker"]


def test_the_data_can_be_read_and_not_written(sandbox: Sandbox) -> None:
    assert seen(sandbox, "return (data / 'note.txt').read_text()") == "one line of data\n"
    assert kind(sandbox, "(data / 'note.txt').write_text('x')") == "OSError"


def test_only_scratch_space_can_be_written(sandbox: Sandbox) -> None:
    assert seen(sandbox, "(tmp_path / 'x').write_text('x')\nreturn os.listdir(tmp_path)") == ["x"]
    places = "('/', '/usr', '/etc', '/dev', '/root')"
    body = f"return [place for place in {places} if os.access(place, os.W_OK)]"
    assert seen(sandbox, body) == []


def test_scratch_space_is_empty_again_for_the_next_submission(sandbox: Sandbox) -> None:
    seen(sandbox, "open('/scratch/left', 'w').close()\nopen('/dev/shm/left', 'w').close()\nreturn 1")
    assert "left" not in seen(sandbox, "return os.listdir('/tmp') + os.listdir('/dev/shm')")


def test_there_is_no_network_but_an_empty_one_of_its_own(sandbox: Sandbox) -> None:
    assert kind(sandbox, "socket.create_connection(('127.0.0.1', 9), timeout=1)") == "ConnectionRefusedError"
    assert seen(sandbox, "return [name for _, name in socket.if_nameindex()]") in ([], ["lo"])
    assert kind(sandbox, "socket.create_connection(('192.0.2.1', 9), timeout=1)") == "OSError"


DISTRIBUTED = """
import torch
import torch.distributed as dist
from autograder.worker import probes
def work(rank, meeting):
    dist.init_process_group('gloo', init_method=meeting, rank=rank, world_size=2)
    total = torch.tensor([rank + 1.0])
    dist.all_reduce(total)
    dist.destroy_process_group()
    return float(total)
return probes.ranks(2, work)
"""


def test_its_own_processes_may_talk_to_each_other(sandbox: Sandbox) -> None:
    result = look(sandbox, DISTRIBUTED.strip())
    assert result.outcomes[0].value == [3.0, 3.0], result.outcomes
    assert result.cpu < 2


def test_no_other_process_can_be_seen(sandbox: Sandbox) -> None:
    assert seen(sandbox, "return [name for name in os.listdir('/proc') if name.isdigit()]") == ["1"]


def test_it_runs_without_privileges(sandbox: Sandbox) -> None:
    status = "dict(line.split(':\\t') for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)"
    found = seen(sandbox, f"s = {status}\nreturn [os.getuid(), s['CapEff'], s['CapBnd'], s['NoNewPrivs']]")
    assert found[0] != 0
    assert [int(part, 16) for part in found[1:3]] == [0, 0]
    assert found[3] == "1"


def test_the_environment_tells_nothing_of_the_graders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_SECRET", "s3cret")
    with Sandbox(COURSE, plots=False) as fresh:
        assert "GRADER_SECRET" not in str(seen(fresh, "return dict(os.environ)"))


def test_descriptors_are_its_own(sandbox: Sandbox) -> None:
    links = seen(
        sandbox,
        "return [os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd') if int(fd) < 20 and os.path.lexists(f'/proc/self/fd/{fd}')]",
    )
    kinds = {link.split(":")[0] for link in links}
    assert "socket" not in kinds, links


def test_no_other_submissions_text_is_in_its_memory(sandbox: Sandbox) -> None:
    seen(sandbox, "return 'marker-of-the-first-' + 'submission'")
    body = "import gc\nword = 'marker-of-the-' + 'first-'\nreturn [word in o for o in gc.get_objects() if isinstance(o, (str, bytes)) and word in o]"
    assert seen(sandbox, body) == []
    body = (
        "word = b'marker-of-the-' + b'first-'\nfound = 0\nfor line in open('/proc/self/maps'):\n"
        "    if 'rw-p' in line and '/' not in line:\n        a, b = (int(p, 16) for p in line.split()[0].split('-'))\n"
        "        m = open('/proc/self/mem', 'rb')\n        m.seek(a)\n"
        "        try:\n            found += m.read(b - a).count(b'marker-of-the-first-' + b'submission')\n"
        "        except OSError:\n            pass\nreturn found"
    )
    outcome = look(sandbox, body).outcomes[0]
    # Its own memory may be closed to it; where it is open, its predecessor's text is not there.
    assert outcome.status == "raised" or outcome.value == 0, outcome


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    assert kind(sandbox, "return len(bytearray(3 << 30))") == "MemoryError"


def test_a_file_is_bounded(sandbox: Sandbox) -> None:
    assert kind(sandbox, "with open(tmp_path / 'x', 'wb') as f:\n    f.write(bytes(80 << 20))") == "OSError"


def test_a_scenarios_death_costs_that_scenario_alone(sandbox: Sandbox) -> None:
    result = look(sandbox, "if time == 2:\n    os._exit(0)\nreturn time", times=3)
    assert [outcome.status for outcome in result.outcomes] == ["returned", "died", "returned"]


def test_an_endless_loop_ends_by_cpu_time(impatient: Sandbox) -> None:
    result = look(impatient, "while time == 1:\n    pass\nreturn time", times=3)
    assert [outcome.status for outcome in result.outcomes] == ["cpu_time", "returned", "returned"]


def test_endless_sleep_ends_by_the_clock(impatient: Sandbox) -> None:
    result = look(impatient, "clock.sleep(1000 if time == 1 else 0)\nreturn time", times=2)
    assert [outcome.status for outcome in result.outcomes] == ["wall_time", "returned"]


def test_a_submission_has_a_bound_of_its_own(impatient: Sandbox) -> None:
    impatient.deadlines = Deadlines(scenario_cpu=0.5, scenario_wall=3, submission_cpu=0.4)
    result = look(impatient, "while True:\n    pass", times=3)
    assert [outcome.status for outcome in result.outcomes] == ["cpu_time", "not_reached", "not_reached"]


def test_work_in_a_child_process_counts(impatient: Sandbox) -> None:
    result = look(impatient, "if os.fork() == 0:\n    while True:\n        pass\nclock.sleep(100)")
    assert result.outcomes[0].status == "cpu_time"


def test_what_it_printed_is_kept_to_a_bound(sandbox: Sandbox) -> None:
    result = look(sandbox, "print('hello')\nprint('x' * 1_000_000)\nreturn 1")
    assert result.outcomes[0].status == "returned"
    assert result.log.startswith("hello\nxxx")
    assert len(result.log) <= 64 << 10


def test_a_flood_of_output_ends_the_scenario(sandbox: Sandbox) -> None:
    result = look(sandbox, "while True:\n    print('x' * 100_000)")
    assert result.outcomes[0].status == "flooded"


def test_forged_frames_cost_the_forger(sandbox: Sandbox) -> None:
    body = "for fd in range(3, 20):\n    try:\n        os.write(fd, b'\\xff' * 64)\n    except OSError:\n        pass\nreturn 1"
    assert look(sandbox, body).outcomes[0].status in ("flooded", "returned")


def test_the_seed_decides_what_is_drawn(sandbox: Sandbox) -> None:
    suite = {
        "test_look.py": "import pytest, torch\n@pytest.mark.exercise('look')\ndef test_look(lesson, rng):\n"
        "    return [torch.rand(3, generator=rng), torch.rand(3)]\n"
    }

    def values(seed: int) -> Outcome:
        runs = (Run("test_look.py", "test_look", 0, "cpu"),)
        return sandbox.run(Job(Source("exercises", "exercises.py", ""), suite, runs, seed)).outcomes[0]

    assert repr(values(1).value) == repr(values(1).value)
    assert repr(values(1).value) != repr(values(2).value)


def test_a_device_that_is_not_there_is_said_so(sandbox: Sandbox) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    runs = (Run("test_look.py", "test_look", 0, "cuda"),)
    result = sandbox.run(Job(Source("exercises", "exercises.py", ""), SUITE, runs, 0))
    assert result.outcomes[0].status == "no_device"


def several(sandbox: Sandbox, body: str, count: int, head: str = "", **limits: Any) -> Result:
    """Run a function of this body `count` times in one job, below the lines of `head`."""
    suite = {"test_look.py": SUITE["test_look.py"].replace("[1, 2, 3]", f"list(range({count}))")}
    text = f"import os, signal, time as clock\n{head}\n\n\ndef look(data, tmp_path, time):\n"
    text += "\n".join(f"    {line}" for line in body.split("\n"))
    runs = tuple(Run("test_look.py", "test_look", index, "cpu", **limits) for index in range(count))
    return sandbox.run(Job(Source("exercises", "exercises.py", text), suite, runs, seed=0))


def statuses(result: Result) -> list[str]:
    return [outcome.status for outcome in result.outcomes]


def test_waiting_is_bounded_for_all_scenarios_together(impatient: Sandbox) -> None:
    impatient.deadlines = Deadlines(submission_wall=2)
    found = statuses(several(impatient, "clock.sleep(0.5)\nreturn 1", 12))
    ended = found.index("wall_time")
    assert 2 <= ended <= 5, found
    assert found == ["returned"] * ended + ["wall_time"] + ["not_reached"] * (11 - ended)


BURN = "        until = clock.process_time() + 0.3\n        while clock.process_time() < until:\n            pass\n        os._exit(0)"


@pytest.mark.parametrize(
    "body",
    [
        "if time == 0 and os.fork() == 0:\n    while True:\n        pass\nclock.sleep(0.3)\nreturn 1",
        # Nobody waits for these, so that their seconds come to nobody's account but a control group's.
        f"signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nfor _ in range(2):\n    if os.fork() == 0:\n{BURN}\n"
        "    try:\n        os.wait()\n    except ChildProcessError:\n        pass\nreturn 1",
    ],
    ids=["left in the background", "ignored"],
)
def test_children_count_for_the_submission_however_they_end(impatient: Sandbox, body: str) -> None:
    impatient.deadlines = Deadlines(scenario_cpu=10, submission_cpu=1.5)
    result = several(impatient, body, 40)
    assert "cpu_time" in statuses(result)
    assert statuses(result)[-1] == "not_reached"
    assert result.cpu < 2.2


def test_whoever_prints_while_he_sleeps_waits_all_the_same(impatient: Sandbox) -> None:
    result = look(impatient, "while True:\n    print('still here')\n    clock.sleep(0.01)")
    assert statuses(result) == ["wall_time"]


def test_after_two_scenarios_of_an_exercise_without_an_end_the_rest_is_not_waited_for(impatient: Sandbox) -> None:
    result = several(impatient, "while time != 1:\n    pass\nreturn time", 6, exercise="look", cpu=0.3)
    assert statuses(result) == ["cpu_time", "returned", "cpu_time", *["not_waited_for"] * 3]
    assert result.cpu < 1.2


def test_a_run_has_no_more_time_than_the_deadlines_give(impatient: Sandbox) -> None:
    result = several(impatient, "while True:\n    pass", 1, exercise="look", cpu=50)
    assert result.outcomes[0].detail == "more than 0.5 seconds of CPU"


SLOW = "import sklearn.linear_model"


@pytest.fixture(scope="module")
def bare() -> Iterator[Sandbox]:
    """A zygote that has no library but those that all have."""
    with Sandbox(COURSE, plots=False) as warm:
        yield warm


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (SLOW, "return 1"),
        (
            "try:\n    import not_there_at_all\nexcept ImportError:\n    pass\nfrom sklearn import linear_model",
            "return 1",
        ),
        ("", "from sklearn.linear_model import LinearRegression\nreturn LinearRegression().get_params()"),
        ("import importlib\nlinear = importlib.import_module('sklearn.linear_model')", "return 1"),
    ],
    ids=["at the top", "as a name of a package", "in a function", "by its name"],
)
def test_an_installed_library_is_imported_on_a_clock_of_its_own(bare: Sandbox, head: str, body: str) -> None:
    bare.deadlines = Deadlines(scenario_cpu=0.3, submission_cpu=0.6)
    result = several(bare, body, 3, head)
    assert result.cpu > 0.6, "the library is too quick to show anything"
    assert statuses(result) == ["returned"] * 3, result.import_error


def test_the_clock_of_libraries_has_an_end(bare: Sandbox) -> None:
    bare.deadlines = Deadlines(library_cpu=0.3)
    error = several(bare, "return 1", 1, SLOW).import_error
    assert error is not None
    assert (error.type, error.message) == ("cpu_time", "more than 0.3 seconds of CPU")


def test_libraries_again_and_again_are_the_submissions_own_time(bare: Sandbox) -> None:
    bare.deadlines = Deadlines(library_cpu=2.5, submission_cpu=0.5)
    result = several(bare, "os._exit(0)", 60, "import matplotlib.pyplot")
    assert statuses(result)[0] == "died"
    assert statuses(result)[-1] == "not_reached"
    assert result.cpu < 4


def test_a_name_that_is_not_installed_is_pythons_own_error(sandbox: Sandbox) -> None:
    error = several(sandbox, "return 1", 1, "import not_there_at_all").import_error
    assert error is not None
    assert (error.type, error.line) == ("ModuleNotFoundError", 2)


def test_own_code_gains_nothing_from_the_clock_of_libraries(impatient: Sandbox) -> None:
    impatient.deadlines = Deadlines(scenario_cpu=0.5)
    head = "import sys\n\n\nclass Finder:\n    def find_spec(self, *_):\n        while True:\n            pass\n\n\n"
    error = several(impatient, "return 1", 1, f"{head}sys.meta_path.insert(0, Finder())\nimport wave").import_error
    # The library was there before the finder, so this one is asked for what comes after.
    assert error is None or error.type == "cpu_time"
    error = several(impatient, "return 1", 1, f"{head}sys.meta_path.insert(0, Finder())\nimport not_there").import_error
    assert error is not None
    assert (error.type, error.message) == ("cpu_time", "more than 0.5 seconds of CPU")


def wake(stopped: list[int]) -> None:
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)


def test_a_zygote_that_is_slow_to_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sandbox.sandbox.LOOK_SECONDS", 0.2)
    with Sandbox(COURSE, plots=False) as slow:
        assert slow._process is not None
        inner = [slow._process.pid, *processes.below(slow._process.pid)]
        for pid in inner:
            os.kill(pid, signal.SIGSTOP)
        timer = threading.Timer(2.0, wake, (inner,))
        timer.start()
        assert seen(slow, "return time") == 1
        timer.join()


class _NotLockedDown(Sandbox):
    """A sandbox whose workers, from a number of its own on, are given a bound that no kernel takes."""

    first = 1
    asked = 0

    def _limits(self, cpu_left: float) -> jail.Limits:
        self.asked += 1
        limits = super()._limits(cpu_left)
        return replace(limits, memory=1 << 80) if self.asked >= self.first else limits


@pytest.mark.parametrize("level", ["full", "restricted", "none"])
@pytest.mark.parametrize("first", [1, 2])
def test_a_worker_that_cannot_be_locked_down_is_the_graders_trouble(level: str, first: int) -> None:
    """The first worker of a submission, or the one after a scenario that died."""
    broken = _NotLockedDown(COURSE, plots=False, level=level)
    try:
        broken.start()
    except SandboxError as error:
        pytest.skip(f"this machine has no level {level} for this checkout: {error}")
    with broken:
        broken.first = first
        with pytest.raises(SandboxError, match="could not be closed in"):
            look(broken, "os._exit(0)", 2)
        assert broken.asked == first
        broken.first = 1000
        assert seen(broken, "return time") == 1


def test_a_worker_that_is_killed_before_it_has_the_text_is_the_graders_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request that cannot be read stands for whatever ends it there."""

    @contextlib.contextmanager
    def no_request(*_: object) -> Iterator[IO[bytes]]:
        with tempfile.TemporaryFile() as file:
            yield file

    with Sandbox(COURSE, plots=False) as broken:
        monkeypatch.setattr(broken, "_request", no_request)
        with pytest.raises(SandboxError, match="a worker was not ready: died"):
            look(broken, "return 1")


# Python runs it, and the reader of off-limits names recurses for each.
MANY_NAMES = "a0 = len\n" + "".join(f"a{n + 1} = a{n}\n" for n in range(2_000))


def test_a_text_that_the_grader_cannot_read_is_the_graders_trouble(sandbox: Sandbox) -> None:
    text = f"{MANY_NAMES}\n\ndef look(data, tmp_path, time):\n    return a2000([time])\n"
    runs = (Run("test_look.py", "test_look", 0, "cpu"),)

    def run(off_limits: dict[str, list[str]]) -> Outcome:
        return sandbox.run(Job(Source("exercises", "exercises.py", text), SUITE, runs, 0, off_limits)).outcomes[0]

    assert run({}).value == 1
    with pytest.raises(SandboxError, match=re.compile("could not read the text: .*RecursionError", re.DOTALL)):
        run({"look": ["torch.mean"]})
    assert seen(sandbox, "return time") == 1


def test_whoever_says_that_his_text_cannot_be_read_has_run_it(sandbox: Sandbox) -> None:
    """The worker's own word is taken before the text has run, and never after."""
    head = "from autograder.worker import run\nimport os\n"
    told = "for fd in range(3, 20):\n    try:\n        os.write(fd, run.frame({'kind': KIND, 'trace': ''}))\n    except OSError:\n        pass\n"
    for place in ("broken", "ready"):
        text = f"{head}KIND = {place!r}\n{told}\n\ndef look(data, tmp_path, time):\n    return 1\n"
        runs = (Run("test_look.py", "test_look", 0, "cpu"),)
        result = sandbox.run(Job(Source("exercises", "exercises.py", text), SUITE, runs, 0))
        assert result.import_error is not None
        assert result.import_error.ended == "flooded"


def test_a_zygote_that_is_dead_is_noticed_at_once() -> None:
    with Sandbox(COURSE, plots=False) as dead:
        assert dead._process is not None
        for pid in (*processes.below(dead._process.pid), dead._process.pid):
            os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        with pytest.raises(SandboxError):
            seen(dead, "return time")
        assert time.monotonic() - began < 5
