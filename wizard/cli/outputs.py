"""Where files are to be written is looked at before the work that they tell of: it may have taken minutes."""

from __future__ import annotations

import os
from pathlib import Path

import typer


def check_file(file: Path | None, option: str) -> None:
    """Raises BadParameter where it is known already that the file can't be written."""
    if file is None:
        return
    if file.is_dir():
        raise typer.BadParameter(f"{file} is a folder; name a file in it.", param_hint=option)
    if not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}; make it, or name another.", param_hint=option)
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise typer.BadParameter(f"you may not write {file}; name another file.", param_hint=option)


def check_folder(folder: Path | None, option: str) -> None:
    """The same of a folder, which is made with all those above it."""
    if folder is None:
        return
    there = next(above for above in (folder, *folder.absolute().parents) if above.exists())
    if not there.is_dir():
        raise typer.BadParameter(f"{there} is a file; name a folder.", param_hint=option)
    if not os.access(there, os.W_OK | os.X_OK):
        raise typer.BadParameter(f"you may not write into {there}; name another folder.", param_hint=option)
