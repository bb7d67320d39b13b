"""The package that a plug-in begins as: a node type with its documentation and example, its tests, and what is needed
to install it.
"""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from wizard.errors import PlugInRefused
from wizard.node.plugins import OWN, announced
from wizard.node.registry import ENTRY_POINTS

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
MOST_NAME = 40

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "0.1.0"
description = "Node types for Wizard: {title}"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["wizard"]

[project.optional-dependencies]
test = ["pytest>=8.4", "pytest-asyncio>=1.5"]

[project.entry-points."wizard.nodes"]
{type} = "{module}:{class_name}"

[tool.setuptools]
py-modules = ["{module}"]

[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
pythonpath = ["."]
testpaths = ["tests"]
"""

MODULE = '''\
"""Node types for Wizard: {title}."""

from __future__ import annotations

from pydantic import Field

from wizard.node import Background, NodeConfig, Outcome, Proceed, Template, Visit


class {class_name}Config(NodeConfig):
    """What the node needs."""

    text: Template = Field(description="The text whose words are counted.")
    least: int = Field(1, ge=1, le=100, description="How many letters a word has at least.")


class {class_name}(Background[{class_name}Config]):
    """Counts the words of a text.

    Later nodes can read the number as `words`. Write here what people should know before they use it.
    """

    type = "{type}"
    title = "{title}"
    group = "text"
    pure = True  # it only computes; leave this out where it sends or stores something
    Config = {class_name}Config
    example = {{"text": "How many words are these?"}}

    def outputs(self, config: {class_name}Config) -> frozenset[str]:
        return frozenset({{"words"}})

    async def execute(self, visit: Visit[{class_name}Config]) -> Outcome:
        words = visit.config.text.render(visit.names).split()
        return Proceed({{"words": sum(len(word) >= visit.config.least for word in words)}})
'''

TESTS = '''\
"""{title}: it keeps its contract, and does what its page says."""

from __future__ import annotations

from {module} import {class_name}
from wizard.plugins.checking import check
from wizard.plugins.packages import target
from wizard.testing import Person, make_test_engine

LETTER = """
id: letter
nodes:
  - {{id: ask, type: form, fields: [{{name: text}}]}}
  - {{id: count, type: {type}, text: "{{{{ ask.text }}}}", least: 2}}
  - {{id: told, type: end, title: "{{{{ count.words }}}} words"}}
"""


def test_it_keeps_its_contract() -> None:
    """People find it, configure it by its form or as JSON, read its page, and run its example."""
    report = check(target("{module}"))
    assert report.findings == ()


async def test_words_are_counted() -> None:
    """A run goes through it, and the next node reads what it gives."""
    engine = await make_test_engine(LETTER, node_types=[{class_name}])
    person = await Person.starts(engine, "letter")
    await person.says("This is a letter")
    person.sees(title="3 words")
'''

README = """\
# {name}

Node types for Wizard. The node type `{type}` counts the words of a text.

```console
$ pip install -e '.[test]'
$ pytest
$ wizard plugins check {name}
$ wizard nodes show {type} --docs
```

When it does what you want, build a wheel, and install that where Wizard runs:

```console
$ pip wheel --no-deps --wheel-dir dist .
$ wizard plugins install dist/{module}-0.1.0-py3-none-any.whl
```

Wizard's documentation explains plug-ins (`docs/plugins.md`) and how node types are written (`docs/writing-nodes.md`).
"""


def written(name: str) -> dict[str, str]:
    """The files of the package, by their place in its folder. Raises PlugInRefused for a name that can't be one."""
    module = name.replace("-", "_")
    if len(name) > MOST_NAME or not _NAME.fullmatch(name):
        raise PlugInRefused(
            f"{name[:80]!r} can't be the package's name: write up to {MOST_NAME} small letters, digits and `-`, "
            "beginning with a letter, as railway-seats is."
        )
    if module == OWN or keyword.iskeyword(module) or module in sys.stdlib_module_names:
        raise PlugInRefused(f"{name!r} is the name of a module that is there already. Take another one.")
    if any(entry.built_in and entry.name == module for entry in announced(ENTRY_POINTS)):
        raise PlugInRefused(f"A built-in node type is called {name!r}. Take another name.")
    words = {
        "name": name,
        "module": module,
        "type": module,
        "title": module.replace("_", " ").capitalize(),
        "class_name": "".join(part.capitalize() for part in module.split("_")) + "Node",
    }
    files = {
        "pyproject.toml": PYPROJECT,
        f"{module}.py": MODULE,
        f"tests/test_{module}.py": TESTS,
        "README.md": README,
        ".gitignore": "__pycache__/\n*.egg-info/\nbuild/\ndist/\n",
    }
    return {place: text.format(**words) for place, text in files.items()}


def write(name: str, folder: Path) -> list[Path]:
    """Writes the package into a folder, which mustn't be there yet or is empty, and gives its files. Raises
    PlugInRefused, and OSError where it can't be written."""
    files = written(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PlugInRefused(f"{folder} is there already. Take another folder with --folder.")
    for place, text in files.items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [folder / place for place in files]
