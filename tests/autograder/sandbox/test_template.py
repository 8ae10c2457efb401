"""Zygotes are forked from one template, which has seen neither a reference nor a submission."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.jobs import Job, Run, Source
from autograder.sandbox.sandbox import Sandbox
from autograder.sandbox.template import Template
from autograder.worker import jail, lockdown
from tests.autograder.helpers import COURSE, ROOT
from tests.autograder.sandboxes import SUITE, look, seen

SCAN = """
import ctypes
import re

WHAT_IT_HAS = "a text of this very module"


def found(pattern):
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # dumpable: what is its own memory it may read
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if not rights.startswith("rw") or "[v" in line:
                continue
            first, last = (int(end, 16) for end in place.split("-"))
            memory.seek(first)
            if re.search(pattern, memory.read(last - first)):
                return True
    return False


def look(data, tmp_path, time):
    # Written out, what is looked for would be found in the pattern.
    return [found(rb"THE[_]REFERENCE[_]KNOWS[_]THIS"), found(rb"a text[ ]of[ ]this very module")]
"""


@pytest.fixture(scope="module")
def warm() -> Iterator[Template]:
    """A template of this module's own: it gets killed."""
    with Template(plots=False) as made:
        yield made


@pytest.fixture
def pair(warm: Template) -> Iterator[tuple[Sandbox, Sandbox]]:
    with Sandbox(COURSE, template=warm) as one, Sandbox(COURSE, template=warm) as other:
        yield one, other


def job(text: str) -> Job:
    return Job(Source("exercises", "exercises.py", text), SUITE, (Run("test_look.py", "test_look", 0, "cpu"),), seed=0)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def ended(pid: int) -> bool:
    until = time.monotonic() + 20
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < until:
        time.sleep(0.02)
    return not os.path.exists(f"/proc/{pid}")


def test_zygotes_are_the_templates_children_and_none_is_anothers(pair: tuple[Sandbox, Sandbox], warm: Template) -> None:
    assert warm._process is not None
    for sandbox in pair:
        assert sandbox._process is not None
        assert parent(sandbox._process.pid) == warm._process.pid


def test_what_one_zygotes_workers_were_given_is_nowhere_in_anothers_memory(pair: tuple[Sandbox, Sandbox]) -> None:
    for_reference, for_submissions = pair
    own = "\n\ndef look(data, tmp_path, time):\n    return MARK\n\n\nMARK = 'THE_REFERENCE_KNOWS_THIS'\n"
    assert for_reference.run(job(own)).outcomes[0].value == "THE_REFERENCE_KNOWS_THIS"
    outcome = for_submissions.run(job(SCAN)).outcomes[0]
    assert outcome.value == [False, True], outcome


def test_a_worker_is_closed_in_as_one_of_a_zygote_that_warmed_up_by_itself(pair: tuple[Sandbox, Sandbox]) -> None:
    facts = """
import tempfile
return [os.getuid() != 0, sorted(os.listdir('/')), os.getcwd(), os.environ['HOME'], tempfile.gettempdir(), sys.path[-1],
        len(os.listdir('/proc/self/fd'))]
""".strip()
    with Sandbox(COURSE, plots=False) as alone:
        assert alone.guarantee == pair[0].guarantee
        assert seen(alone, facts) == seen(pair[0], facts)


def test_a_template_that_was_killed_takes_no_zygote_along_and_is_replaced(warm: Template) -> None:
    with Sandbox(COURSE, template=warm) as one:
        assert warm._process is not None
        before = warm._process.pid
        os.kill(before, signal.SIGKILL)
        assert seen(one, "return time") == 1
        with Sandbox(COURSE, template=warm) as other:
            assert seen(other, "return time") == 1
            assert warm._process.pid != before


def test_a_zygote_that_was_killed_is_noticed_and_closing_is_quick(warm: Template) -> None:
    with Sandbox(COURSE, template=warm) as one:
        assert one._process is not None
        os.kill(one._process.pid, signal.SIGKILL)
        with pytest.raises(SandboxError):
            look(one, "return time")
        started = time.monotonic()
        one.close()
        assert time.monotonic() - started < 2
        one.start()
        assert seen(one, "return time") == 1


def test_when_the_grader_is_killed_nothing_is_left() -> None:
    program = """
import sys, time
from pathlib import Path
from autograder.sandbox.sandbox import Sandbox
from autograder.sandbox.template import Template
template = Template(plots=False)
sandbox = Sandbox(Path(sys.argv[1]), template=template)
sandbox.start()
print(template._process.pid, sandbox._process.pid, flush=True)
time.sleep(600)
"""
    grader = subprocess.Popen([sys.executable, "-c", program, str(COURSE)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert grader.stdout is not None
    pids = [int(pid) for pid in grader.stdout.readline().split()]
    assert len(pids) == 2
    grader.kill()
    grader.wait()
    assert [ended(pid) for pid in pids] == [True, True]


def test_shutting_down_ends_a_wait_for_a_template_that_warms_up() -> None:
    template = Template(plots=False)
    heard: list[Any] = []

    def wait() -> None:
        try:
            Sandbox(COURSE, template=template).start()
        except SandboxError as error:
            heard.append(str(error))

    template.launch()
    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.2)
    template.shut_down()
    waiting.join(10)
    template.close()
    assert heard == ["the sandbox is being shut down"]
    with pytest.raises(SandboxError, match="shut down"):
        template.launch()


def test_a_template_that_cannot_warm_up_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    template = Template(plots=False)
    monkeypatch.delitem(template.warmth, "plots")
    with pytest.raises(SandboxError, match="did not start: KeyError: 'plots'"):
        Sandbox(COURSE, template=template).start()
    template.close()


def test_a_library_that_is_not_there_is_no_templates_trouble() -> None:
    with (
        Template(plots=False, imports=["there_is_no_such_library"]) as template,
        Sandbox(COURSE, template=template) as one,
    ):
        assert seen(one, "return time") == 1


def test_what_the_workers_user_may_not_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("root alone becomes somebody else")
    secret = tmp_path / "secret.py"
    secret.write_text("")
    secret.chmod(0o600)
    tmp_path.chmod(0o755)
    module = type(sys)("secret")
    module.__file__ = str(secret)
    monkeypatch.setitem(sys.modules, "secret", module)
    lockdown.require_readable_modules([str(tmp_path)])
    child = os.fork()
    if child == 0:
        os.setresuid(jail.NOBODY, jail.NOBODY, jail.NOBODY)
        try:
            lockdown.require_readable_modules([str(tmp_path)])
        except jail.JailError as error:
            os._exit(0 if f"{lockdown.UNREADABLE}: {secret}" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_launching_a_template_imports_no_torch() -> None:
    program = (
        "import autograder.grading.warm, autograder.cli, sys; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
