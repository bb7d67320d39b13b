"""`wizard` as a command that is there at once, and scripts that import it: a process that has everything imported
already waits, and at each command forks one that only goes on. What is tested is a process of its own as before, with
its arguments, folder, environment, pipes, signals and exit code; what isn't done each time is to import the same
modules for a second. One that is killed itself leaves what it forked alive for a moment.

With TORTURE, and so when coverage is measured, each command is a new interpreter instead.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import marshal
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from gettext import NullTranslations
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, NoReturn

import wizard
from tests.drawing import TORTURE

ROOT = Path(__file__).parents[1]
PR_SET_PDEATHSIG = 1
SHARED = "TESTS_FORKSERVER"  # names the folder of a process that was started for several
SIZE = 4  # bytes of a number that is sent
ANEW = [sys.executable, "-c", "from wizard.cli.main import main; main()"]

# What commands import while they work, as most don't need it.
LATE = (
    *("aiohttp.test_utils", "asyncpg", "babel.dates", "babel.lists", "babel.units", "cryptography.hazmat.primitives"),
    *("email_validator", "jsonschema", "markdown_it", "opentelemetry.trace", "pgqueuer.queries", "phonenumbers"),
    "typer._adapters",
)

# What commands about packages import. In an environment of its own there are a dozen such commands, and to import all
# would take it three seconds of a processor.
OF_PACKAGES = (
    *("wizard.actions.described", "wizard.plugins.checking", "wizard.plugins.installing", "wizard.plugins.template"),
    *("typer._adapters", "wizard.cli.main", "wizard.engine"),
)

# The command itself: it hands what it was started with to the process that forks, passes signals on, and ends as the
# forked process ends. Should it be killed, that process is killed too.
COMMAND = """#!{python} -IS
import marshal, os, signal, socket, sys
umask = os.umask(0)
os.umask(umask)
order = marshal.dumps((sys.argv, os.getcwd(), dict(os.environb), umask))
with socket.socket(socket.AF_UNIX) as line:
    line.connect({address!r})
    socket.send_fds(line, [len(order).to_bytes({size}, "big")], [0, 1, 2])
    line.sendall(order)
    def number():
        return int.from_bytes(line.recv({size}, socket.MSG_WAITALL), "big")
    pid = number()
    def pass_on(signal, frame):
        try:
            os.kill(pid, signal)
        except ProcessLookupError:
            pass
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, pass_on)
    status = number()
if os.WIFSIGNALED(status):
    signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
os._exit(os.waitstatus_to_exitcode(status))
"""


@cache
def folder(python: str = sys.executable) -> Path:
    """Where an executable `wizard` lies, of the environment of an interpreter, and `script`, which is started with a
    script and its arguments. Processes that run tests side by side share those of this environment; in another one,
    what isn't about packages is imported by each command that needs it."""
    if SHARED in os.environ and python == sys.executable:
        return Path(os.environ[SHARED])
    made = Path(tempfile.mkdtemp(prefix="wizfork-"))
    if TORTURE:
        make(made / "wizard", f'#!/bin/sh\nexec {python} -c "{ANEW[-1]}" "$@"\n')
    else:
        names = "" if python == sys.executable else "*OF_PACKAGES"
        asking = starts(made / "socket", f"from {__name__} import OF_PACKAGES, main; main({names})", python)
        make(made / "wizard", asking)
        make(made / "script", asking)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def starts(address: Path, code: str, python: str = sys.executable) -> str:
    """Starts a process that forks, with code that takes the orders that come to this address: it ends with this
    process. Gives the text of an executable whose arguments are such an order."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(address))
    listening.listen(100)
    process = subprocess.Popen(
        [python, "-c", code, str(listening.fileno())],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("WIZARD_")},
        pass_fds=[listening.fileno()],
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of the system, before anything is run
    )
    listening.close()
    atexit.register(_end, process)
    return COMMAND.format(python=python, address=str(address), size=SIZE)


def command() -> list[str]:
    """What starts `wizard`."""
    return ANEW if TORTURE else [str(folder() / "wizard")]


def script() -> list[str]:
    """What starts a script of Python."""
    return [sys.executable] if TORTURE else [str(folder() / "script")]


def make(executable: Path, text: str) -> None:
    executable.write_text(text)
    executable.chmod(0o755)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


# -- the process that forks ----------------------------------------------------------------------------------------


def make_once() -> None:
    """Makes what a process makes when it first needs it and keeps then: whoever is forked finds it made."""
    from wizard.channels.web.templating import compiled, environment_of
    from wizard.cli.main import command_line
    from wizard.definitions.schema import known_keys
    from wizard.node import Registry

    for node_type in Registry.built_in():
        known_keys(node_type.Config)
    compiled(environment_of(None, NullTranslations()), None)
    command_line()


def main(*names: str) -> NoReturn:
    """Forks until it is killed; each of its children comes out of `forked` and is a command. Modules of these names are
    imported before, or all where none is named."""
    gc.disable()  # nothing of what is imported is garbage
    for name in names or (*_modules(), *LATE):
        with suppress(ImportError):  # a part of some releases or installations only
            import_module(name)
    from wizard.cli.main import main as run

    make_once()
    gc.freeze()
    gc.enable()
    (executable, *arguments), *rest = forked()
    is_script = Path(executable).name == "script"
    become(arguments if is_script else ["wizard", *arguments], *rest)
    with ending_early():
        if is_script:
            sys.path[0] = str(Path(sys.argv[0]).parent)
            runpy.run_path(sys.argv[0], run_name="__main__")
        else:
            run()
    sys.exit(0)


def _modules() -> list[str]:
    """All of Wizard's own that commands can import."""
    found = walk_packages(wizard.__path__, "wizard.", onerror=lambda name: None)
    names = [each.name for each in found if not each.name.endswith("__main__")]
    return [name for name in names if not name.startswith("wizard.testing")]


def forked() -> tuple[Any, ...]:
    """In a child: what it is to do, and its three streams last."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    waiting = selectors.DefaultSelector()
    waiting.register(listening, selectors.EVENT_READ, None)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is not listening:
                _ended(waiting, *key.data)
                break  # of what has ended, no other event counts
            line, _ = listening.accept()
            try:
                size, streams, _, _ = socket.recv_fds(line, SIZE, 3)
                order = line.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
            except OSError:
                streams, order = [], b""
            if not order:  # whoever wanted it has gone already
                line.close()
                continue
            pid = os.fork()
            if pid == 0:
                _die_with_parent()
                waiting.close()  # no socket of here may be closed later, when its number is another's
                return *marshal.loads(order), streams
            for each in streams:
                os.close(each)
            with suppress(OSError):
                line.sendall(pid.to_bytes(SIZE, "big"))
            data = (line, os.pidfd_open(pid), pid)
            waiting.register(line, selectors.EVENT_READ, data)
            waiting.register(data[1], selectors.EVENT_READ, data)


def _ended(waiting: selectors.BaseSelector, line: socket.socket, pidfd: int, pid: int) -> None:
    """The process has ended, or whoever wanted it has gone."""
    if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):
        line.sendall(status.to_bytes(SIZE, "big"))
    waiting.unregister(line)
    waiting.unregister(pidfd)
    line.close()
    os.close(pidfd)


@contextmanager
def ending_early() -> Iterator[None]:
    """Ends with the block."""
    try:
        yield
    except SystemExit as end:
        _end_early(end.code)
        raise
    _end_early(0)


def _end_early(code: object) -> None:
    """Ends as the interpreter does where nothing is wrong, but leaves it to the system to free what was imported: to
    take it apart takes longer than many a command, since each page of it has to be copied for that first."""
    if not isinstance(code, int) or any(not thread.daemon for thread in threading.enumerate()[1:]):
        return
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(code & 0xFF)


def become(
    arguments: list[str], folder: str, environment: Mapping[bytes, bytes], umask: int, streams: list[int]
) -> None:
    """A command as a new interpreter finds itself."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 4096)
    os.environb.clear()
    os.environb.update(environment)
    os.chdir(folder)
    os.umask(umask)
    sys.argv = arguments
    sys.stdin = sys.__stdin__ = _stream(0, "r", "strict")
    sys.stdout = sys.__stdout__ = _stream(1, "w", "strict")
    sys.stderr = sys.__stderr__ = _stream(2, "w", "backslashreplace")


def _stream(number: int, mode: str, errors: str) -> io.TextIOWrapper:
    by_line = number == 2 or os.isatty(number)
    return io.TextIOWrapper(open(number, f"{mode}b"), encoding="utf-8", errors=errors, line_buffering=by_line)
