"""What must hold between the parts of a definition, and between definitions: names, targets, ways and
embedding (S17). Each check takes drafts and gives problems; nothing is executed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from typing import Literal

from wizard.definitions.draft import Draft, NodeDraft
from wizard.definitions.edges import closure, components, is_loop, leading_to
from wizard.definitions.function_checks import Functions, check_functions
from wizard.definitions.help_checks import check_help
from wizard.definitions.inputs import ITEM_NAMES, misfit
from wizard.definitions.internal import ConditionConfig, WorkflowConfig
from wizard.definitions.name_checks import check_item_names, check_names, is_connected
from wizard.definitions.reading.complaints import did_you_mean, quoted
from wizard.definitions.repeat_checks import check_repeats
from wizard.definitions.shape_checks import check_shapes
from wizard.definitions.start_checks import check_starts
from wizard.definitions.text_checks import check_texts
from wizard.definitions.value_checks import check_joined, check_lists, check_spelling
from wizard.errors import NodeContractError, Problem
from wizard.expressions.functions import FUNCTIONS
from wizard.expressions.template import Dynamic
from wizard.forms.checking import form_doubts
from wizard.forms.field_type import BaseField
from wizard.model import Kind
from wizard.node.types import END

MAX_EMBEDDING = 32  # definitions inside definitions

Drafts = Mapping[str, Draft]


def check(
    drafts: Drafts,
    *,
    stored: bool = False,
    functions: Functions | None = None,
    missing: str = "load its file as well",
    deployed: Collection[str] | None = None,
) -> list[Problem]:
    """Everything that is wrong or doubtful in definitions that are loaded together, by id, and in how they call the
    application's `functions`, where these are handed over. Of `stored` ones only what
    they can't run with: runs are pinned to them, and the checker may have learnt since to refuse their loops, which a
    turn's bound stops as well (S17, S22). `missing` says what to do about a workflow that is embedded and isn't
    there. `deployed` are those that runs can be started of besides, where definitions are deployed one by one."""
    problems = list(_check_embedding(drafts))
    asking = _asking(drafts)
    embedded = {config.workflow for draft in drafts.values() for _, config in draft.calls}
    for draft in drafts.values():
        own = [
            *_check_ids_and_targets(draft),
            *_check_calls(draft, drafts, missing),
            *([] if stored else _check_started(draft, drafts, missing, deployed)),
            *([] if stored else check_help(draft, drafts, missing, deployed)),
            *_check_defaults(draft),
            *_check_ends(draft, embedded),
            *_check_deadlines(draft),
            *_check_events(draft),
            *check_starts(draft),
            *_check_cases(draft),
            *_check_hosts(draft),
            *check_names(draft, drafts),
            *_check_forms(draft),
            *([] if stored else _check_values(draft, drafts)),
            *([] if functions is None else check_functions(draft, functions)),
        ]
        if not stored and is_connected(draft) and all(config.workflow in drafts for _, config in draft.calls):
            own += [*_check_loops(draft, asking), *_check_ways(draft)]
        problems += own
    return problems


def _check_values(draft: Draft, drafts: Drafts) -> Iterator[Problem]:
    """What is known of values before there are any."""
    yield from check_spelling(draft)
    yield from check_lists(draft, drafts)
    yield from check_joined(draft)
    yield from check_repeats(draft, drafts)
    yield from check_shapes(draft, drafts)
    yield from check_item_names(draft, drafts)
    yield from check_texts(draft, drafts)


def _check_deadlines(draft: Draft) -> Iterator[Problem]:
    if draft.head.delete_after is not None and draft.head.expires_after is None:
        message = "a run that nobody finishes never ends, and so is never deleted; say `expires_after` as well"
        yield draft.document.problem(("delete_after",), message, key=True, severity="warning")


def _check_events(draft: Draft) -> Iterator[Problem]:
    for node in draft.nodes:
        names = [event.name for event in node.events]
        for name in sorted({name for name in names if names.count(name) > 1}):
            message = (
                f"{quoted(name)} is here twice; a node takes an event in one way, and a condition behind it decides"
            )
            yield draft.document.problem((*node.place, "event"), message)
        hidden = {"event", "data"} & (node.own_outputs or frozenset()) if node.common.event else set()
        for name in sorted(hidden):
            message = f"a form that an event closes has the value {quoted(name)} itself; give the field another name"
            yield draft.document.problem((*node.place, "event"), message)


def _check_embedding(drafts: Drafts) -> Iterator[Problem]:
    """Definitions that embed themselves, over however many others, or are nested too deeply."""
    edges = {
        name: [config.workflow for _, config in draft.calls if config.workflow in drafts]
        for name, draft in drafts.items()
    }
    depth: dict[str, int] = {}
    for component in components(edges):
        if is_loop(component, edges):
            depth.update(dict.fromkeys(component, 0))
            for name in component:
                yield from _circular(drafts[name], set(component))
            continue
        name = component[0]
        depth[name] = 1 + max((depth[inner] for inner in edges[name]), default=0)
        if depth[name] == MAX_EMBEDDING + 1:
            message = f"definitions are embedded more than {MAX_EMBEDDING} deep here"
            yield drafts[name].document.problem(("id",), message)


def _circular(draft: Draft, members: set[str]) -> Iterator[Problem]:
    for node, config in draft.calls:
        if config.workflow in members:
            others = ", ".join(f"`{name}`" for name in sorted(members - {draft.id}))
            how = f"`{draft.id}` embeds itself" + (f" by way of {others}" if others else "")
            yield draft.document.problem((*node.place, "workflow"), f"{how}; a run of it would never end")


# -- targets, calls, cases -------------------------------------------------------------------------


def _check_ids_and_targets(draft: Draft) -> Iterator[Problem]:
    for node in draft.nodes:
        if node.id in FUNCTIONS:
            message = f"`{node.id}` is also the name of a function; another name is easier to read in expressions"
            yield draft.document.problem((*node.place, "id"), message, severity="warning")
        for port in node.ports.keys() - {*node.port_names} if node.config is not None else ():
            yield draft.document.problem((*node.place, "next", port), _no_such_port(node, port), key=True)
        for place, target in node.named:
            if target != END and target not in draft.ids:
                hint = did_you_mean(target, {*draft.ids, END})
                yield draft.document.problem(place, f"there is no node {quoted(target)} to go to{hint}")


def _no_such_port(node: NodeDraft, port: str) -> str:
    kind, ports = quoted(node.handler.type), node.port_names
    if not ports:
        return f"a node of type {kind} has one way out; write the node that follows as `next: NODE`"
    hint = did_you_mean(port, ports) or f"; it has {', '.join(map(quoted, ports))}"
    return f"a node of type {kind} has no way out called {quoted(port)}{hint}"


def _check_calls(draft: Draft, drafts: Drafts, missing: str) -> Iterator[Problem]:
    for node in draft.nodes:
        if isinstance(node.written, WorkflowConfig) and (name := node.written.workflow) not in drafts:
            hint = did_you_mean(name, drafts) or f"; {missing}"
            yield draft.document.problem((*node.place, "workflow"), f"there is no workflow {quoted(name)}{hint}")
    for node, config in draft.calls:
        inner = drafts.get(config.workflow)
        if inner is None:
            continue
        declared = {field.name: field for field in inner.input}
        for name, value in config.with_.items():
            place = (*node.place, "with", name)
            if declared and name not in declared:
                message = f"`{inner.id}` has no input {quoted(name)}{did_you_mean(name, declared)}"
                yield draft.document.problem(place, message, key=True)
            elif name in declared and value.constant and (why := misfit(declared[name], value.source)):
                yield draft.document.problem(place, f"the input `{name}` of `{inner.id}` isn't accepted: {why}")
        given = config.with_.keys() | (ITEM_NAMES if config.repeat is not None else frozenset())
        for name, field in declared.items():
            if field.required and field.default is None and name not in given:
                place = (*node.place, "with") if config.with_ else (*node.place, "workflow")
                yield draft.document.problem(place, f"`{inner.id}` needs the input `{name}`; hand it over in `with`")


def _check_started(draft: Draft, drafts: Drafts, missing: str, deployed: Collection[str] | None) -> Iterator[Problem]:
    """Workflows that are started as runs of their own. Those that are deployed one by one may start each other: what
    isn't there yet is no mistake then."""
    for node in draft.nodes:
        for place, name, values in () if node.config is None else node.handler.starts(node.config):
            started = drafts.get(name)
            if started is not None:
                yield from _check_handed(node, draft, started, place, values)
            elif name not in (deployed or ()):
                hint = did_you_mean(name, {*drafts, *(deployed or ())}) or f"; {missing}"
                message = f"there is no workflow {quoted(name)} to start{hint}"
                severity: Literal["error", "warning"] = "error" if deployed is None else "warning"
                yield draft.document.problem((*node.place, *place), message, severity=severity)


def _check_handed(
    node: NodeDraft, draft: Draft, started: Draft, place: tuple[str | int, ...], values: Mapping[str, Dynamic]
) -> Iterator[Problem]:
    declared = {field.name: field for field in started.input}
    for name in values if declared else ():
        where = (*node.place, "input", name)
        if name not in declared:
            message = f"`{started.id}` has no input {quoted(name)}{did_you_mean(name, declared)}"
            yield draft.document.problem(where, message, key=True)
        elif values[name].constant and (why := misfit(declared[name], values[name].source)):
            yield draft.document.problem(where, f"the input `{name}` of `{started.id}` isn't accepted: {why}")
    for name, field in declared.items():
        if field.required and field.default is None and name not in values:
            message = f"`{started.id}` needs the input `{name}`; hand it over in `input`"
            yield draft.document.problem((*node.place, *place), message)


def _check_defaults(draft: Draft) -> Iterator[Problem]:
    for field in draft.input:
        if why := misfit(field, field.default):
            yield draft.document.problem(
                ("input", field.name, "default"), f"the default of `{field.name}` isn't accepted: {why}"
            )


def _check_ends(draft: Draft, embedded: Set[str]) -> Iterator[Problem]:
    """A last page that isn't the last one of what people see."""
    for node in draft.nodes:
        if draft.id in embedded and node.handler.ends:
            message = (
                f"`{draft.id}` is embedded by another workflow, and this page completes the whole run there; "
                "let the node before it lead to `next: end` instead"
            )
            yield draft.document.problem((*node.place, "type"), message, severity="warning")


def _check_cases(draft: Draft) -> Iterator[Problem]:
    for node in draft.nodes:
        if not isinstance(node.config, ConditionConfig):
            continue
        cases = node.config.cases
        otherwise = next((index for index, case in enumerate(cases) if case.when is None), None)
        if otherwise is None:
            message = "no case of this condition may match, which stops the run; end with a case without `when`"
            yield draft.document.problem((*node.place, "cases", len(cases) - 1), message, severity="warning")
            continue
        for index in range(otherwise + 1, len(cases)):
            message = "this case is never reached: the one without `when` above it always matches"
            yield draft.document.problem((*node.place, "cases", index), message, severity="warning")


def _check_hosts(draft: Draft) -> Iterator[Problem]:
    """Which service is called is for the author to say, not for whoever starts a run."""
    fixed = {field.name for field in draft.input if field.field_type.picks_one}
    for node in draft.nodes:
        hosts = frozenset() if node.config is None else node.handler.hosts(node.config)
        for chain in sorted(name for name in hosts if name[0] == "input" and fixed.isdisjoint(name[1:2])):
            message = (
                f"whoever starts a run says what {quoted('.'.join(chain))} is, and so which server `{node.id}` calls; "
                "write the server's address into the definition, or make the input a choice"
            )
            yield draft.document.problem(node.place, message, severity="warning")


def _check_forms(draft: Draft) -> Iterator[Problem]:
    for node in draft.nodes:
        fields = getattr(node.written, "fields", ())
        if isinstance(fields, tuple) and all(isinstance(field, BaseField) for field in fields):
            try:
                doubts = tuple(form_doubts(fields))
            except NodeContractError as error:
                doubts = (((), f"whether this is likely a mistake can't be said: {error.message}"),)
            for place, message in doubts:
                yield draft.document.problem(node.written_at(place), message, severity="warning")


# -- ways ------------------------------------------------------------------------------------------


def _check_loops(draft: Draft, asking: Set[str]) -> Iterator[Problem]:
    """Loops that no person is asked in would run until the turn is stopped."""
    silent = {node.id: node for node in draft.nodes if not _asks(node, asking)}
    edges = {name: [target for target in node.successors if target in silent] for name, node in silent.items()}
    for component in components(edges):
        if is_loop(component, edges):
            first = min((silent[name] for name in component), key=lambda node: node.place)
            names = ", ".join(f"`{node.id}`" for node in draft.nodes if node.id in component)
            message = f"{names} would go round for ever: nobody is asked anything in this loop"
            if any(silent[name].handler.pauses for name in component):
                message += ", and it waits for no time at all"
            yield draft.document.problem((*first.place, "id"), message)


def _asks(node: NodeDraft, asking: Set[str]) -> bool:
    if isinstance(node.config, WorkflowConfig):
        repeat = node.config.repeat
        return node.config.workflow in asking or (repeat is not None and repeat.asks)
    if node.handler.pauses and node.config is not None:
        return node.handler.waits(node.config)
    return node.handler.kind is Kind.FOREGROUND or node.handler.pauses


def _asking(drafts: Drafts) -> Set[str]:
    """The definitions in which somebody may be asked something."""
    asks = {name for name, draft in drafts.items() if any(_asks(node, frozenset()) for node in draft.nodes)}
    return leading_to(asks, {name: [config.workflow for _, config in draft.calls] for name, draft in drafts.items()})


def _check_ways(draft: Draft) -> Iterator[Problem]:
    edges = {node.id: node.successors for node in draft.nodes}
    follows = closure(edges)
    start = draft.nodes[0].id
    reached = [node for node in draft.nodes if node.id == start or node.id in follows[start]]
    for node in draft.nodes:
        if node.id != start and node.id not in follows[start]:
            message = f"`{node.id}` can't be reached: no way from `{start}` leads to it"
            yield draft.document.problem((*node.place, "id"), message, severity="warning")
    ends = {
        node.id
        for node in draft.nodes
        if None in node.exits or END in (node.common.on_error.goto, node.unanswered, node.given_up)
    }
    ending = leading_to(ends, edges)
    stuck = [node for node in reached if node.id not in ending]
    if stuck:
        message = f"from `{stuck[0].id}` on there is no way to the end of the workflow"
        yield draft.document.problem((*stuck[0].place, "id"), message, severity="warning")
