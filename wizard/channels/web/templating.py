"""The templates: where they come from, compiled before the first page is asked for, and what they can call.

A host's templates stand in for the built-in ones of the same name; those are also there as `wizard/NAME`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from gettext import NullTranslations
from pathlib import Path
from types import CodeType
from typing import ClassVar
from urllib.parse import quote

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from jinja2.meta import find_referenced_templates
from markupsafe import Markup, escape

import wizard.forms
from wizard.channels.web.sections import sections
from wizard.errors import SettingsError
from wizard.forms.characters import encodable
from wizard.forms.prose import line_html, prose_html, unlinked
from wizard.forms.rendering import blocks
from wizard.locale.formats import direction

# Where pages are, and below `fields/` the controls of fields: one set of names.
TEMPLATES = Path(__file__).parent / "templates", Path(wizard.forms.__path__[0]) / "templates"


def environment_of(folder: Path | None, words: NullTranslations) -> Environment:
    """The templates of `folder` (None: there is none) before the built-in ones, whose own words are those of the
    catalogue. Raises SettingsError without the folder."""
    own: BaseLoader = BUILT_IN
    if folder is not None:
        if not folder.is_dir():
            raise SettingsError(f"There is no folder {folder} to take templates from. Give the path of one.")
        own = ChoiceLoader((FileSystemLoader(folder), own, PrefixLoader({"wizard": own})))
    environment = Environment(
        loader=own,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_Code(),
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined] # the extension's
    environment.filters |= {
        "blocks": blocks,
        "broken": _broken,
        "direction": direction,
        "line": line_html,
        "path": _path,
        "prose": prose_html,
        "sections": sections,
        "unlinked": unlinked,
    }
    return environment


class _BuiltIn(FileSystemLoader):
    """The built-in templates, read once for all applications of the process."""

    def __init__(self) -> None:
        super().__init__(TEMPLATES)
        self._read: dict[str, tuple[str, str, Callable[[], bool]]] = {}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template not in self._read:
            self._read[template] = super().get_source(environment, template)
        return self._read[template]


BUILT_IN = _BuiltIn()


class _Code(BytecodeCache):
    """Compiled templates, for all applications of the process: compiling them takes a fifth of a second."""

    known: ClassVar[dict[tuple[str, str], CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.code


def compiled(environment: Environment, folder: Path | None) -> dict[str, Template]:
    """All templates by name. Raises SettingsError for one that can't be used, naming file and line."""
    return {name: _compiled(environment, name, folder) for name in environment.list_templates(extensions=["html"])}


def _compiled(environment: Environment, name: str, folder: Path | None) -> Template:
    try:
        template = environment.get_template(name)
        if folder is not None and (folder / name).is_file():
            _check_references(environment, name)
    except TemplateSyntaxError as error:
        place = f"{error.filename or name}:{error.lineno}"
        raise SettingsError(f"{place}: this template can't be used (Jinja says: {error.message}).") from error
    except (OSError, ValueError, TemplateNotFound) as error:
        raise SettingsError(f"The template {name} can't be read: {error}.") from error
    template.globals = dict(template.globals)  # a chain of dicts, copied for each include, is what a page costs most
    return template


def _check_references(environment: Environment, name: str) -> None:
    """Every template that it extends, includes or imports by name is there."""
    known = set(environment.list_templates())
    for other in _references(environment, name):
        if other not in known:
            path = environment.get_template(name).filename
            raise SettingsError(f"{path}: there is no template {other}. Use one that is there, like wizard/{name}.")


def _references(environment: Environment, name: str) -> set[str]:
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, name)
    return {other for other in find_referenced_templates(environment.parse(source)) if other is not None}


def misspelt(environment: Environment, folder: Path) -> Iterator[tuple[str, str]]:
    """The files of a host's folder that stand in for no template and aren't used by another one, each with the name
    that was most likely meant."""
    built_in = BUILT_IN.list_templates()
    own = set(FileSystemLoader(folder).list_templates())
    used = {other for name in own if name.endswith(".html") for other in _references(environment, name)}
    for name in sorted(own - used - set(built_in)):
        fields = name.startswith("fields/")  # where a package's type of fields may have a name like one of a page
        known = {Path(other).stem.strip("_"): other for other in built_in if other.startswith("fields/") or not fields}
        for meant in get_close_matches(Path(name).stem.strip("_").lower(), known, n=1, cutoff=0.7):
            yield name, known[meant]


def _broken(text: str) -> Markup:
    """The text with its line breaks."""
    return Markup("<br>").join(text.splitlines()) if "\n" in text else escape(text)


def _path(text: str) -> str:
    """A step's path, or a name, as a part of an address."""
    return quote(encodable(text), safe="/")
