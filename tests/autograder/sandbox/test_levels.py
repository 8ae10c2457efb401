"""The guarantee levels: what `restricted` still holds, what `full` adds, and how a level is told and refused."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.course.suite import SuiteScenario
from autograder.grading.results import Verdict, VerdictKind
from autograder.grading.verdicts import judge
from autograder.sandbox import cgroup
from autograder.sandbox.jobs import Deadlines, Outcome, OutcomeStatus
from autograder.sandbox.sandbox import Sandbox
from autograder.worker import lockdown
from autograder.worker.scenarios import Scenario
from tests.autograder.helpers import COURSE, ROOT, Command
from tests.autograder.sandboxes import LOADER, faults, kind, look, seen

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
    assert _verdict(outcome, outcome).verdict == VerdictKind.NOT_RUN
    assert _verdict(outcome, Outcome(OutcomeStatus.RETURNED, value=1)).verdict == VerdictKind.FAILED


def _verdict(outcome: Outcome, wanted: Outcome) -> Verdict:
    scenario = Scenario("test_look", 0, "test_look", "look", 1.0, None, None, {})
    return judge(SuiteScenario("test_look.py", scenario), "cpu", outcome, wanted, None)


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


SWEEP = """
import os, threading, time
from autograder.worker import processes, zygote

kill = os.kill
# On a busy machine what is killed takes a moment to die.
zygote.os.kill = lambda pid, number: threading.Timer(0.3, kill, (pid, number)).start()
if os.fork() == 0:
    time.sleep(600)
zygote.Zygote(None, {"jail": "none"})._sweep()
print(len(processes.below(os.getpid())))
"""


def test_what_one_worker_left_behind_is_gone_before_the_next_one_is_counted() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWEEP], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "0\n"


def assert_bounded(found: dict[str, Any]) -> None:
    """Check what `faults` found."""
    processes, descriptors = found.pop("processes"), found.pop("descriptors")
    assert 16 <= processes[0] <= 64
    assert processes[1] == "BlockingIOError"
    assert 128 <= descriptors[0] <= 256
    assert descriptors[1] == errno.EMFILE
    assert found == {
        "memory": "MemoryError",
        "memory by mmap": "OSError",
        "a file": "OSError",
        "computing": "cpu_time",
        "computing in a child": "cpu_time",
        "sleeping": "wall_time",
        "printing": "flooded",
        "returning": "returned",
        "limits lifted": "ValueError",
        "an honest one after them": 1,
    }


def test_the_bounds_hold_at_restricted() -> None:
    with Sandbox(COURSE, plots=False, level="restricted") as box:
        if box.guarantee is None or box.guarantee.level != "restricted":
            pytest.skip("this kernel has no Landlock")
        assert_bounded(faults(box))


def test_restricted_loads_data_in_processes(restricted: Sandbox) -> None:
    batches = [[[0.0, 1.0], [0, 1]], [[2.0, 3.0], [2, 3]], [[4.0], [4]]]
    assert seen(restricted, LOADER) == batches * 2


def test_restricted_processes_share_memory_locks_and_queues(restricted: Sandbox) -> None:
    body = """
import torch, torch.multiprocessing as several
def work(tensor, array, queue, asked):
    tensor += 1
    array[0] = 7
    queue.put([tensor * 2, torch.empty(0)])
    asked.wait()
tensor, array = torch.ones(2).share_memory_(), several.Array("i", 2)
queue, asked = several.Queue(), several.Event()
process = several.Process(target=work, args=(tensor, array, queue, asked))
process.start()
got = queue.get()
asked.set()
process.join()
return [[part.tolist() for part in got], tensor.tolist(), array[:], process.exitcode]
""".strip()
    got, tensor, array, status = seen(restricted, body)
    assert [got, tensor, array, status] == [[[4.0, 4.0], []], [2.0, 2.0], [7, 0], 0]


def test_restricted_has_no_sockets_by_name_of_its_own_either(restricted: Sandbox) -> None:
    """The README says so: a listener, and a manager, which has one, are found by a path."""
    assert kind(restricted, "from multiprocessing.connection import Listener\nreturn Listener()") == "PermissionError"


def test_restricted_imports_of_the_standard_library_what_nothing_has_imported_yet(restricted: Sandbox) -> None:
    """Also where Python lies in root's home, which the user that student code runs as cannot enter."""
    assert seen(restricted, "import graphlib, wave, xmlrpc.client\nreturn graphlib.__name__") == "graphlib"


REACH = """
tried = []
def reach(what, call):
    try:
        call()
    except OSError as error:
        tried.append([what, type(error).__name__])
    else:
        tried.append([what, "reached"])
os.chdir(FOLDER)
os.symlink(FOLDER + "/stream", tmp_path / "link")
def connect(kind, name):
    one = socket.socket(socket.AF_UNIX, kind)
    one.connect(name)
for name in (FOLDER + "/stream", "stream", str(tmp_path / "link"), ABSTRACT):
    reach(name, lambda: connect(socket.SOCK_STREAM, name))
def datagram(one):
    one.sendto(b"x", FOLDER + "/datagram")
def message(one):
    one.sendmsg([b"x"], [], 0, "datagram")
for send in (datagram, message):
    reach("datagram", lambda: send(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)))
    reach("raw", lambda: send(socket.socket(socket.AF_UNIX, socket.SOCK_RAW)))
    reach("pair of datagrams", lambda: send(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]))
    reach("pair", lambda: send(socket.socketpair()[0]))
    reach("pair in order", lambda: send(socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)[0]))
reach("pair", lambda: socket.socketpair()[0].connect(FOLDER + "/stream"))
return tried
""".strip()


@pytest.fixture
def host_sockets() -> Iterator[tuple[Path, str, list[socket.socket]]]:
    """Sockets of the host that anybody may write to: by path, one for connections and one for datagrams, and without a path."""
    folder = Path(tempfile.mkdtemp(prefix="sockets-"))
    folder.chmod(0o755)
    abstract = f"\0{folder.name}"
    sockets = []
    for how, name in (
        (socket.SOCK_STREAM, str(folder / "stream")),
        (socket.SOCK_DGRAM, str(folder / "datagram")),
        (socket.SOCK_STREAM, abstract),
    ):
        one = socket.socket(socket.AF_UNIX, how)
        one.bind(name)
        one.settimeout(0.1)
        if how == socket.SOCK_STREAM:
            one.listen()
        else:
            os.chmod(name, 0o777)
        sockets.append(one)
    os.chmod(folder / "stream", 0o777)
    yield folder, abstract, sockets
    for one in sockets:
        one.close()
    shutil.rmtree(folder)


def test_restricted_reaches_no_socket_of_the_host(
    restricted: Sandbox, host_sockets: tuple[Path, str, list[socket.socket]]
) -> None:
    folder, abstract, sockets = host_sockets
    with socket.socket(socket.AF_UNIX) as anybody:
        anybody.connect(str(folder / "stream"))  # this one can: what a worker is told is not for want of a listener
        sockets[0].accept()[0].close()
    tried = seen(restricted, f"FOLDER, ABSTRACT = {str(folder)!r}, {abstract!r}\n{REACH}")
    assert len(tried) == 15
    assert [attempt for attempt in tried if attempt[1] == "reached"] == []
    for listener in (sockets[0], sockets[2]):
        with pytest.raises(TimeoutError):
            listener.accept()
    with pytest.raises(TimeoutError):
        sockets[1].recv(1)


def test_a_view_reaches_no_socket_of_the_host(
    sandbox: Sandbox, host_sockets: tuple[Path, str, list[socket.socket]]
) -> None:
    folder, abstract, sockets = host_sockets
    body = (
        f"found = []\nfor name in ({str(folder / 'stream')!r}, {abstract!r}):\n    try:\n"
        "        socket.socket(socket.AF_UNIX).connect(name)\n    except OSError as error:\n"
        "        found.append(type(error).__name__)\nreturn found"
    )
    assert seen(sandbox, body) == ["FileNotFoundError", "ConnectionRefusedError"]
    for listener in (sockets[0], sockets[2]):
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_view_holds_python_and_its_libraries_and_no_other_system_folder(sandbox: Sandbox) -> None:
    system = (
        "/usr/local/share",
        "/usr/share/doc",
        "/usr/share/man",
        "/usr/src",
        "/usr/games",
        "/usr/bin/env",
        "/bin/sh",
    )
    places = (*system, "/sbin", "/var", "/run", "/srv", "/etc/group", "/etc/shadow")
    assert [place for place in places if Path(place).exists()], "this machine has none of them"
    assert seen(sandbox, f"return [place for place in {places!r} if os.path.exists(place)]") == []
    assert seen(sandbox, "import graphlib, sqlite3, matplotlib\nreturn graphlib.__name__") == "graphlib"


def test_no_mount_names_a_path_of_the_host(sandbox: Sandbox) -> None:
    lists = ("/proc/self/mountinfo", "/proc/self/mounts", "/proc/mounts", "/proc/1/mountinfo")
    assert seen(sandbox, f"return [open(name).read() for name in {lists!r}]") == [""] * 4
    assert seen(sandbox, "open('/dev/shm/x', 'w').close()\nreturn os.listdir('/dev/shm')") == ["x"]


def test_a_view_lets_a_process_talk_by_a_socket_in_its_own_folder(sandbox: Sandbox) -> None:
    body = (
        "import multiprocessing\nmanager = multiprocessing.Manager()\nshared = manager.dict()\nshared['x'] = 1\n"
        "return dict(shared)"
    )
    assert seen(sandbox, body) == {"x": 1}
    assert seen(sandbox, LOADER)[0] == [[0.0, 1.0], [0, 1]]


def test_tasks_of_the_same_user_are_counted_where_the_kernel_counts_them() -> None:
    ended = threading.Event()
    before = lockdown.tasks_of(os.getuid())
    threads = [threading.Thread(target=ended.wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    try:
        # Others of the user's come and go meanwhile.
        assert lockdown.tasks_of(os.getuid()) >= before + 10
    finally:
        ended.set()


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


SPARE_USER = 54321
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
TRY_LEVELS = """
import json, sys
from pathlib import Path
from autograder.sandbox.sandbox import Sandbox
from tests.autograder import sandboxes
found = {}
for level in ("full", "restricted"):
    with Sandbox(Path("tests/autograder/small_course").resolve(), plots=False, level=level) as box:
        runs = [sandboxes.look(box, body).outcomes[0] for body in ("import graphlib; return os.getuid()", sandboxes.LOADER)]
        found[level] = [box.guarantee.level, box.guarantee.missing, *[repr(run.value or run) for run in runs]]
print(json.dumps(found))
"""


def _python_for(user: int) -> Path | None:
    """Return a Python of this version, outside of an environment, that a user can run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (getattr(sys, "_base_executable", ""), f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if path and Path(path).exists():
            try:
                done = subprocess.run([path, "-c", "import ssl"], user=user, group=user, extra_groups=[], check=False)
            except OSError:
                continue
            if done.returncode == 0:
                return Path(path).resolve()
    return None


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder of an ordinary user's, with a checkout and an environment of his own."""
    user = SPARE_USER if os.geteuid() == 0 else os.geteuid()
    python = _python_for(user) if os.geteuid() == 0 else Path(getattr(sys, "_base_executable", sys.executable))
    if python is None:
        pytest.skip("another user can run no Python of this version here")
    folder = Path(tempfile.mkdtemp(prefix="home-"))
    checkout = folder / "checkout"
    for part in ("autograder", "tests/autograder"):
        shutil.copytree(
            ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__", "hostile", "submissions")
        )
    environment(folder / "env", python, [str(checkout), *(path for path in sys.path if path.endswith("-packages"))])
    for path in (folder, *folder.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, user, user, follow_symlinks=False)
    yield folder
    shutil.rmtree(folder)


def environment(folder: Path, python: Path, paths: list[str]) -> None:
    """Make a virtual environment that takes its packages from these paths."""
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "paths.pth").write_text("\n".join(paths))
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(python)
    (folder / "pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = false\n")


def run_as_user(home: Path, *arguments: str, where: str = "") -> subprocess.CompletedProcess[str]:
    """Run the environment's Python in a folder of the checkout, as the user that both belong to."""
    user = home.stat().st_uid
    other = {"user": user, "group": user, "extra_groups": []} if os.geteuid() == 0 else {}
    command = [str(home / "env" / "bin" / "python"), *arguments]
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # mypy follows no ** into overloads
        command,
        cwd=home / "checkout" / where,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        **other,
    )


def test_an_ordinary_user_grades_from_a_checkout_of_his_own(home: Path) -> None:
    done = run_as_user(home, "-c", TRY_LEVELS)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if found["full"][0] not in ("full", "isolated"):
        pytest.skip(f"this machine gives an ordinary user no namespaces: {found['full'][1]}")
    for level, _, user, batches in found.values():
        assert level in ("full", "isolated", "restricted")
        assert user == str(home.stat().st_uid)
        assert batches.startswith("[[[0.0, 1.0], [0, 1]]"), batches


def test_an_ordinary_user_grades_by_the_command(home: Path) -> None:
    """From a checkout and with an environment of his own; reports belong to him."""
    folder = home / "in" / "right"
    folder.mkdir(parents=True)
    shutil.copy(COURSE / "submissions" / "all_correct" / "exercises.py", folder)
    user = home.stat().st_uid
    if os.geteuid() == 0:
        os.chown(home / "in", user, user)
    command = ("-m", "autograder.cli", "grade", "lesson_9_1", str(home / "in"), "--allow-unsafe")
    done = run_as_user(home, *command, where="tests/autograder/small_course")
    assert done.returncode == 0, done.stdout + done.stderr
    scores = home / "grades-lesson_9_1" / "scores.csv"
    assert scores.stat().st_uid == user
    assert scores.read_text(encoding="utf-8").splitlines()[1].startswith("right,100,100,graded")


TRY_FAULTS = """
import json
from pathlib import Path
from autograder.sandbox.sandbox import Sandbox
from tests.autograder import sandboxes
with Sandbox(Path("tests/autograder/small_course").resolve(), plots=False, level="restricted") as box:
    print(json.dumps([box.guarantee.level, sandboxes.faults(box)]))
"""


def test_the_bounds_hold_at_restricted_for_an_ordinary_user(home: Path) -> None:
    """Other processes of that user's are counted with a worker's: it may have as many more as anywhere."""
    user = home.stat().st_uid
    as_user = {"user": user} if os.geteuid() == 0 else {}
    others = [subprocess.Popen(["/bin/sleep", "600"], **as_user) for _ in range(70)]  # type: ignore[call-overload]  # as above
    try:
        done = run_as_user(home, "-c", TRY_FAULTS)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert done.returncode == 0, done.stderr
    level, found = json.loads(done.stdout)
    if level != "restricted":
        pytest.skip("this kernel has no Landlock")
    assert_bounded(found)


# Run in a user namespace that has many users, and allows no other below it.
WITHOUT_NAMESPACES = """
import ctypes, os, sys
(told, tell), (gone, go) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.close(go)
    NEW_USER = 0x10000000
    assert ctypes.CDLL(None).unshare(NEW_USER) == 0
    os.write(tell, b".")
    os.read(gone, 1)
    os.setgid(0)
    os.setuid(0)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
    os.execv(sys.executable, [sys.executable, "-m", "autograder.cli", "doctor"])
os.read(told, 1)
for name in ("uid_map", "gid_map"):
    with open(f"/proc/{child}/{name}", "w") as file:
        file.write("0 0 70000")
os.write(go, b".")
os.waitpid(child, 0)
"""


@as_root
def test_a_level_that_no_worker_can_have_is_not_named() -> None:
    """Root can close itself in without user namespaces; the workers, who are not root, cannot."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert "guarantee level  restricted" in done.stdout, done.stdout + done.stderr
    assert "no worker can be closed in: unshare" in done.stdout
    assert "sudo sysctl user.max_user_namespaces=15000" in done.stdout
    assert "official grading refuses to start here" in done.stdout


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare(1) here")
def test_a_user_namespace_of_one_user_is_told_with_a_way_out() -> None:
    trial = ["unshare", "--user", "--map-root-user", "true"]
    if subprocess.run(trial, check=False).returncode != 0:
        pytest.skip("this machine allows no user namespaces")
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-m", "autograder.cli", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "this user namespace holds one user only" in done.stdout, done.stdout + done.stderr
    assert "--add-subuids" in done.stdout


@as_root
def test_packages_that_are_closed_to_others_are_refused_with_the_remedy(tmp_path: Path) -> None:
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    closed = tmp_path / "closed"
    environment(closed / "env", python, [str(ROOT), *(path for path in sys.path if path.endswith("-packages"))])
    closed.chmod(0o700)
    body = f"from pathlib import Path\nfrom autograder.sandbox.sandbox import Sandbox\nSandbox(Path({str(COURSE)!r}), level='restricted').start()"
    done = subprocess.run(
        [str(closed / "env" / "bin" / "python"), "-c", body],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode != 0
    said = done.stderr.splitlines()[-1]
    assert "is closed to others" in said
    assert "chmod -R go+rX" in said
