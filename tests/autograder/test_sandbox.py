"""What a submission's process can see and do, shown from inside it; and what becomes of one that dies or never ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox import Deadlines, Job, Outcome, Result, Run, Sandbox, Source

SUITE = {
    "test_look.py": """
import pytest

@pytest.mark.exercise("look")
@pytest.mark.parametrize("time", [1, 2, 3])
def test_look(lesson, data, tmp_path, time):
    return lesson.look(data, tmp_path, time)
"""
}


def look(sandbox: Sandbox, body: str, times: int = 1) -> Result:
    """Run a function of this body, `times` times in one job."""
    text = "import os, socket, sys, time as clock\n\n\ndef look(data, tmp_path, time):\n"
    text += "\n".join(f"    {line}" for line in body.split("\n"))
    runs = tuple(Run("test_look.py", "test_look", index, "cpu") for index in range(times))
    return sandbox.run(Job(Source("exercises", "exercises.py", text), SUITE, runs, seed=0))


def seen(sandbox: Sandbox, body: str) -> Any:
    """Return what a function of this body returned."""
    outcome = look(sandbox, body).outcomes[0]
    assert outcome.status == "returned", outcome
    return outcome.value


def kind(sandbox: Sandbox, body: str) -> str:
    """Return the name of the exception that a function of this body raised."""
    outcome = look(sandbox, body).outcomes[0]
    assert outcome.error is not None, outcome
    return outcome.error.builtin


@pytest.fixture
def impatient(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The warm zygote with short deadlines."""
    patient = sandbox.deadlines
    sandbox.deadlines = Deadlines(scenario_cpu=0.5, scenario_wall=3, submission_cpu=4)
    yield sandbox
    sandbox.deadlines = patient


def test_neither_solutions_nor_tests_nor_submissions_can_be_seen(sandbox: Sandbox) -> None:
    course = Path(__file__).parent / "course"
    assert seen(sandbox, f"return os.path.exists({str(course)!r})") is False
    everything = (
        "return [place for place, _, files in os.walk('/') if not place.startswith('/proc') and 'lesson.toml' in files]"
    )
    assert seen(sandbox, everything) == []


def test_the_project_shows_nothing_but_the_worker_and_the_packages(sandbox: Sandbox) -> None:
    package = Path(__file__).parents[2] / "autograder"
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
    with Sandbox(Path(__file__).parent / "course", plots=False) as fresh:
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
