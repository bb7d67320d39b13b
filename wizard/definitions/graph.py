"""A workflow as a drawing: Mermaid text, or a standalone SVG with a small layered layout of its own.

Layers go from top to bottom, each node below all that lead to it; edges that skip a layer or go
back run in lanes at the sides (back on the left). What a case asks is written below its condition.
An embedded workflow is one box with a double edge. All text is escaped; the SVG has a title and
a description in words, and needs no scripts, fonts or style sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import shorten, wrap
from xml.sax.saxutils import escape

from wizard.model import Branches, Call, Kind, Node, Workflow

END = "\0end"  # the box that stands for the end of the workflow: no node can be called this


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another (END: to the end); `label` says when it is taken."""

    source: str
    target: str
    label: str = ""
    error: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """What tests have come to: it is drawn in another colour and with other lines than the rest, which says so."""

    nodes: frozenset[str]
    edges: frozenset[Edge]

    def node(self, name: str) -> bool:
        """Whether a box is one that was come to; the end is, where an edge to it is."""
        return name in self.nodes or (name == END and any(edge.target == END for edge in self.edges))


def edges_of(workflow: Workflow) -> list[Edge]:
    """Every edge of the workflow, in the order of its nodes."""
    edges = []
    for node in workflow.nodes.values():
        match node.config:
            case Branches(cases):
                for case in cases:
                    label = "otherwise" if case.when is None else str(case.when.source)
                    edges.append(Edge(node.id, case.goto or END, label))
            case _ if not node.handler.ends:
                edges += _ordinary(node)
        if node.on_error.action == "goto":
            edges.append(Edge(node.id, node.on_error.goto or END, "on error", error=True))
        edges += [Edge(node.id, event.goto or END, f"event {event.name}") for event in node.events if event.leads]
        if node.remind is not None and not node.remind.stays:
            edges.append(Edge(node.id, node.remind.goto or END, "no answer", error=True))
        if node.after_tries is not None:
            edges.append(Edge(node.id, node.after_tries.goto or END, "after tries", error=True))
    return edges


def label_of(node: Node, port: str | None) -> str:
    """What the edge is labelled with by which a node is left when nothing fails: a port that isn't named leads where
    the ordinary way does."""
    return port if port is not None and port in node.ports else _ordinary(node)[0].label


def _ordinary(node: Node) -> list[Edge]:
    """Where a node leads when nothing fails: by its ports, and for those that aren't named to the node that follows."""
    ports = [Edge(node.id, target or END, port) for port, target in node.ports.items()]
    others = [port for port in node.port_names if port not in node.ports]
    if not ports or not node.handler.always_ports:
        return [Edge(node.id, node.next or END), *ports]
    return [*(Edge(node.id, node.next or END, " or ".join(others)) for _ in others[:1]), *ports]


def _name(node: Node) -> str:
    title = node.title.source if node.title is not None else ""
    return title or node.id


def _below(node: Node) -> str:
    """The small print of a box."""
    if isinstance(node.config, Call):
        repeated = ", repeated" if node.config.repeat is not None else ""
        return f"{node.id}: {node.config.workflow.title}{repeated}"
    return f"{node.id}: {node.type}"


# -- Mermaid -------------------------------------------------------------------------------------

_SHAPES = {"condition": ("{", "}"), "workflow": ("[[", "]]"), "end": ("([", "])")}
_KINDS = {Kind.FOREGROUND: ("[", "]"), Kind.BACKGROUND: ("[/", "/]"), Kind.INTERNAL: ("[", "]")}


def mermaid(workflow: Workflow, tested: Tested | None = None) -> str:
    """The workflow as a Mermaid flowchart."""
    short = {name: f"n{number}" for number, name in enumerate([*workflow.nodes, END])}
    lines = ["flowchart TD", f"    accTitle: {_mermaid_text(workflow.title)}"]
    lines.append(f"    accDescr: {_mermaid_text(shorten(describe(workflow), 1000, placeholder=' …'))}")
    edges = edges_of(workflow)
    for node in workflow.nodes.values():
        left, right = _SHAPES.get(node.type, _KINDS[node.kind])
        text = f"{_mermaid_text(_name(node))}<br>{_mermaid_text(_below(node))}"
        lines.append(f'    {short[node.id]}{left}"{text}"{right}')
    if any(edge.target == END for edge in edges):
        lines.append(f'    {short[END]}(("End"))')
    for edge in edges:
        arrow = "-.->" if edge.error else "-->"
        label = f'|"{_mermaid_text(edge.label)}"|' if edge.label else ""
        lines.append(f"    {short[edge.source]} {arrow}{label} {short[edge.target]}")
    if tested is not None:
        lines += _mermaid_marks(short, edges, tested)
    return "\n".join(lines) + "\n"


def _mermaid_marks(short: dict[str, str], edges: Sequence[Edge], tested: Tested) -> list[str]:
    lines = [f"    classDef tested fill:{_TESTED_FILL},stroke:{_TESTED}"]
    lines.append(f"    classDef untested fill:{_PAPER},stroke:{_ERROR},stroke-dasharray:4 3")
    drawn = [name for name in short if name != END or any(edge.target == END for edge in edges)]
    lines += [f"    class {short[name]} {'tested' if tested.node(name) else 'untested'}" for name in drawn]
    for number, edge in enumerate(edges):
        colour = _TESTED if edge in tested.edges else f"{_ERROR},stroke-dasharray:4 3"
        lines.append(f"    linkStyle {number} stroke:{colour}")
    return lines


def _mermaid_text(text: str) -> str:
    """Mermaid has no quoting but character codes: #35; is #."""
    flat = " ".join(text.split())
    return "".join(char if char.isalnum() or char in " .,-'!?()=/:+…" else f"#{ord(char)};" for char in flat)


def describe(workflow: Workflow) -> str:
    """The workflow in words: each node and where it leads."""
    ways: dict[str, list[str]] = {}
    for edge in edges_of(workflow):
        target = "the end" if edge.target == END else edge.target
        ways.setdefault(edge.source, []).append(f"{target} ({edge.label})" if edge.label else target)
    sentences = [f"Starts at {workflow.start}."]
    for node in workflow.nodes.values():
        leads = f"leads to {', or '.join(ways[node.id])}" if node.id in ways else "is the last page"
        sentences.append(f"{node.id} ({node.type}) {leads}.")
    return " ".join(sentences)


# -- layout --------------------------------------------------------------------------------------

WIDTH, GAP, MARGIN, LANE, LINE = 220, 50, 30, 14, 16
ACROSS = 28  # characters of a line, in a box and below it
MOST_SAID = 300  # characters of a condition; the whole is its title


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node is drawn, in pixels; `x` is its middle, `layer` counts from 0."""

    x: float
    top: float
    height: float
    layer: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: dict[str, Box]
    gaps: list[float]  # the middle of the space above each layer, and below the last
    left: float
    right: float
    bottom: float


def _layers(names: Sequence[str], edges: Iterable[Edge]) -> dict[str, int]:
    """Each node's layer: the longest way from the top, leaving out the edges that close loops."""
    targets: dict[str, list[str]] = {name: [] for name in names}
    for edge in edges:
        targets[edge.source].append(edge.target)
    finished: list[str] = []
    state: dict[str, int] = {}  # 1: under way, 2: finished
    forward: dict[str, list[str]] = {name: [] for name in names}
    for root in names:
        work = [] if root in state else [(root, iter(targets[root]))]
        state.setdefault(root, 1)
        while work:
            name, rest = work[-1]
            for target in rest:
                if state.get(target) != 1:
                    forward[name].append(target)
                if target not in state:
                    state[target] = 1
                    work.append((target, iter(targets[target])))
                    break
            else:
                state[name] = 2
                finished.append(name)
                work.pop()
    layer = dict.fromkeys(names, 0)
    for name in reversed(finished):
        for target in forward[name]:
            layer[target] = max(layer[target], layer[name] + 1)
    return layer


def _rows(names: Sequence[str], edges: Sequence[Edge], layer: dict[str, int]) -> list[list[str]]:
    """The nodes of each layer from left to right: where those that lead to them are."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for name in names:
        rows[layer[name]].append(name)
    above: dict[str, list[str]] = {}
    for edge in edges:
        if layer[edge.source] < layer[edge.target]:
            above.setdefault(edge.target, []).append(edge.source)
    at: dict[str, float] = {}
    for row in rows:
        written = {name: place for place, name in enumerate(row)}
        middle = {name: sum(at[parent] for parent in above[name]) / len(above[name]) for name in row if name in above}
        row.sort(key=lambda name: (middle.get(name, 0.0), written[name]))
        at.update({name: place - (len(row) - 1) / 2 for place, name in enumerate(row)})
    return rows


def _laid_out(workflow: Workflow, edges: Sequence[Edge]) -> Layout:
    names = [*workflow.nodes, *([END] if any(edge.target == END for edge in edges) else [])]
    rows = _rows(names, edges, _layers(names, edges))
    labels: dict[str, int] = {}
    for edge in edges:
        labels[edge.source] = labels.get(edge.source, 0) + len(_said(edge))
    boxes: dict[str, Box] = {}
    top, gaps = 2.0 * MARGIN + LINE, []
    for layer, row in enumerate(rows):
        gaps.append(top - GAP / 2)
        texts = {name: _texts(workflow, name) for name in row}
        height = max(len(lines) for lines in texts.values()) * LINE + LINE
        for place, name in enumerate(row):
            x = (place - (len(row) - 1) / 2) * (WIDTH + GAP)
            boxes[name] = Box(x, top, height, layer, texts[name])
        top += height + GAP + LINE * max(labels.get(name, 0) for name in row)
    half = (max(map(len, rows)) * (WIDTH + GAP)) / 2
    return Layout(boxes, [*gaps, top - GAP / 2], -half, half, top)


def _said(edge: Edge) -> list[str]:
    """The lines that say when an edge is taken: whole, but for what is longer than anybody reads off a drawing."""
    if not edge.label:
        return []
    target = "end" if edge.target == END else edge.target
    return wrap(f"{shorten(edge.label, MOST_SAID, placeholder='…')} → {target}", ACROSS)


def _texts(workflow: Workflow, name: str) -> tuple[str, ...]:
    if name == END:
        return ("End",)
    node = workflow.nodes[name]
    lines = wrap(shorten(_name(node), 84, placeholder="…"), ACROSS) or [node.id]
    return (*lines, shorten(_below(node), 34, placeholder="…"))


# -- SVG -----------------------------------------------------------------------------------------

_INK, _PAPER, _ERROR = "#1d2733", "#ffffff", "#a3231c"
_TESTED, _TESTED_FILL = "#1b6e3c", "#dff3e4"
_FILLS = {Kind.FOREGROUND: "#e3f0fb", Kind.BACKGROUND: "#eeeeee", Kind.INTERNAL: "#fdf3d8"}


def svg(workflow: Workflow, tested: Tested | None = None) -> str:
    """The workflow as a standalone SVG document."""
    edges = edges_of(workflow)
    layout = _laid_out(workflow, edges)
    paths, left, right = _paths(edges, layout, tested)
    x, width, height = left - MARGIN, right - left + 2 * MARGIN, layout.bottom + MARGIN
    ids = f"{workflow.id}-title", f"{workflow.id}-description"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{ids[0]}" aria-describedby="{ids[1]}"'
        f' viewBox="{x:.0f} 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
        f' font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">',
        f'<title id="{ids[0]}">{_text(workflow.title)}</title>',
        f'<desc id="{ids[1]}">{_text(describe(workflow))}</desc>',
        f'<rect x="{x:.0f}" y="0" width="{width:.0f}" height="{height:.0f}" fill="{_PAPER}"/>',
        f'<text x="{x + MARGIN:.0f}" y="{MARGIN}" font-size="18" font-weight="bold">'
        f"{_text(shorten(workflow.title, 60, placeholder='…'))}</text>",
        *_legend(x + MARGIN, tested),
        *paths,
        *(_drawn(workflow, name, box, tested) for name, box in layout.boxes.items()),
        *_labels(edges, layout),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(text: str) -> str:
    return escape(text)


def _legend(x: float, tested: Tested | None) -> list[str]:
    """What the lines and colours say."""
    if tested is None:
        return []
    return [
        f'<text x="{x:.0f}" y="{MARGIN + 20}" font-size="11"><tspan fill="{_TESTED}">tested: solid, green</tspan> · '
        f'<tspan fill="{_ERROR}">not tested: dashed, red</tspan></text>'
    ]


def _drawn(workflow: Workflow, name: str, box: Box, tested: Tested | None) -> str:
    node = workflow.nodes.get(name)
    left, top, width, height = box.x - WIDTH / 2, box.top, WIDTH, box.height
    fill = _FILLS[node.kind] if node is not None else _PAPER
    radius = height / 2 if node is None or node.handler.ends else 16 if node.kind is Kind.INTERNAL else 4
    frame = f'fill="{fill}" stroke="{_INK}"'
    if tested is not None:
        known = tested.node(name)
        frame = f'fill="{_TESTED_FILL if known else _PAPER}" stroke="{_TESTED if known else _ERROR}"'
        frame += "" if known else ' stroke-dasharray="4 3"'
    shapes = [f'<rect x="{left:g}" y="{top:g}" width="{width}" height="{height:g}" rx="{radius:g}" {frame}/>']
    if node is not None and isinstance(node.config, Call):
        inner = f'x="{left + 4:g}" y="{top + 4:g}" width="{width - 8}" height="{height - 8:g}" rx="{radius - 4:g}"'
        shapes.append(f'<rect {inner} fill="none" stroke="{_INK}"/>')
    last = len(box.lines) - 1
    start = top + (height - last * LINE) / 2 + 4
    for number, line in enumerate(box.lines):
        size = ' font-size="11"' if number == last and node is not None else ' font-weight="bold"'
        shapes.append(
            f'<text x="{box.x:g}" y="{start + number * LINE:g}" text-anchor="middle"{size}>{_text(line)}</text>'
        )
    return f"<g>{''.join(shapes)}</g>"


def _paths(edges: Sequence[Edge], layout: Layout, tested: Tested | None) -> tuple[list[str], float, float]:
    """The edges' lines, those that tests came to on top, and how far left and right their lanes go."""
    lanes: dict[bool, list[list[tuple[int, int]]]] = {True: [], False: []}
    below: list[str] = []
    above: list[str] = []
    for number, edge in enumerate(edges):
        source, target = layout.boxes[edge.source], layout.boxes[edge.target]
        start = (source.x, source.top + source.height)
        if target.layer == source.layer + 1:
            bend = layout.gaps[target.layer]
            points = (
                f"M{start[0]:g},{start[1]:g} C{start[0]:g},{bend:g} {target.x:g},{bend:g} {target.x:g},{target.top:g}"
            )
        else:
            back = target.layer <= source.layer
            span = min(source.layer + 1, target.layer), max(source.layer + 1, target.layer)
            lane = _free_lane(lanes[back], span)
            x = layout.left - LANE * (lane + 1) if back else layout.right + LANE * (lane + 1)
            shift = (number % 5 - 2) * 3
            out, into = layout.gaps[source.layer + 1] + shift, layout.gaps[target.layer] + shift
            points = f"M{start[0]:g},{start[1]:g} V{out:g} H{x:g} V{into:g} H{target.x:g} V{target.top:g}"
        colour, dash = (_ERROR, ' stroke-dasharray="5 4"') if edge.error else (_INK, "")
        known = tested is not None and edge in tested.edges
        if tested is not None:
            colour, dash = (_TESTED, ' stroke-width="2"') if known else (_ERROR, ' stroke-dasharray="4 3"')
        paths = above if known else below
        paths.append(f'<path d="{points}" fill="none" stroke="{colour}"{dash}/>')
        paths.append(f'<path d="M{target.x:g},{target.top:g} l-4,-8 h8 z" fill="{colour}"/>')
    return [*below, *above], layout.left - LANE * (len(lanes[True]) + 1), layout.right + LANE * (len(lanes[False]) + 1)


def _free_lane(lanes: list[list[tuple[int, int]]], span: tuple[int, int]) -> int:
    """The first lane that nothing else uses between the layers of `span`."""
    for number, taken in enumerate(lanes):
        if all(span[1] < low or high < span[0] for low, high in taken):
            taken.append(span)
            return number
    lanes.append([span])
    return len(lanes) - 1


def _labels(edges: Iterable[Edge], layout: Layout) -> list[str]:
    written: dict[str, int] = {}
    labels = []
    for edge in edges:
        box, lines = layout.boxes[edge.source], []
        for line in _said(edge):
            number = written[edge.source] = written.get(edge.source, 0) + 1
            lines.append(f'<tspan x="{box.x + 8:g}" y="{box.top + box.height + number * LINE:g}">{_text(line)}</tspan>')
        if lines:
            labels.append(
                f'<text font-size="11" stroke="{_PAPER}" stroke-width="3" paint-order="stroke"'
                f' fill="{_ERROR if edge.error else _INK}">{" ".join(lines)}<title>{_text(edge.label)}</title></text>'
            )
    return labels
