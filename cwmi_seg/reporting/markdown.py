"""The report as Markdown."""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import chain

from cwmi_seg.files.printable import printable
from cwmi_seg.reporting.class_part import POOLED, class_rows, pooled_rows
from cwmi_seg.reporting.content import Block, Content, sheet_name
from cwmi_seg.reporting.export import BY_TAG
from cwmi_seg.reporting.numbers import ARROWS
from cwmi_seg.reporting.overview import overview_rows
from cwmi_seg.reporting.paper import PaperBlock
from cwmi_seg.reporting.protocol import ALWAYS, SOURCE
from cwmi_seg.reporting.tables import Cell, Row, Table
from cwmi_seg.reporting.tag_tables import ByTag, reading

_SPECIAL = {**{c: f"\\{c}" for c in "\\`|_*[]#~$"}, "<": "&lt;", ">": "&gt;", "&": "&amp;"}
_LINE_START = re.compile(r"^(\s*(?=[-+=])|\s*\d+(?=[.)](?:\s|$)))([-+=.)])")  # of a list, or a line below a heading


def markdown(content: Content) -> str:
    """Write the whole report; it names the figures that lie in ``figures`` beside it."""
    found = [escape(text) for text in content.conclusions]
    parts = [f"# {escape(content.title)}", *found, *map(escape, content.facts), *map(escape, content.reading)]
    if content.overview is not None:
        parts += ["## Mean rank over the metrics (1 is best)", _escaped(*overview_rows(content.overview))]
    for block in content.blocks:
        parts += _block(block)
    if content.paper:
        parts += ["## Beside the paper's Table 1", SOURCE, _list(ALWAYS)]
        parts += [text for block in content.paper for text in _paper(block)]
    return "\n\n".join(parts) + "\n"


def markdown_table(table: Table, *, times: bool = True) -> str:
    """Write the table of one block, with or without the seconds of an epoch."""
    heads = ["loss", "runs", *(f"{escape(name)} {ARROWS[way]}" for name, way in table.metrics)]
    rows = [_row(row) for row in table.rows]
    if times:
        heads.append("s/epoch")
        rows = [[*cells, _seconds(row)] for cells, row in zip(rows, table.rows, strict=True)]
    return grid(heads, rows)


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table, its first column aligned to the left and the others to the right; the caller escapes the cells."""
    rule = [":--", *["--:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rule, *rows])


def _escaped(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table of cells as they are shown."""
    return grid([escape(head) for head in heads], [[escape(cell) for cell in row] for row in rows])


def escape(text: str) -> str:
    """Escape text so that Markdown shows it as it is: in tables, at the begin of lines, where ``$`` sets formulas."""
    shown = "".join(_SPECIAL.get(character, character) for character in printable(text))
    return _LINE_START.sub(r"\1\\\2", shown)


def _block(block: Block) -> list[str]:
    parts = [f"## {escape(block.table.title)}", markdown_table(block.table)]
    if block.table.holes:
        parts += ["Missing:", _list(map(escape, block.table.holes))]
    parts += [*_classes(block), *_tags(block)]
    if block.sheet:
        parts.append(f"![test images under every loss](figures/{sheet_name(block.slug)})")
    return parts


def _classes(block: Block) -> list[str]:
    """All images together, and the classes one by one."""
    heads, rows = pooled_rows(block.pooled)
    parts = ["### All test images together", escape(POOLED), _named(heads, rows)] if rows else []
    for table in block.classes.tables if block.classes else ():
        names, lines = class_rows(table)
        cells = [[label, *(_ranked(cell.text, cell.rank) for cell in row)] for label, row in lines]
        parts += [f"### {escape(table.metric)} by class", _named(["loss", *names[1:]], cells)]
    return parts


def _tags(block: Block) -> list[str]:
    """The first metric by the tags of the test images."""
    found = block.by_tag
    if not found.tables:
        return [escape(note) for note in found.notes]
    parts = ["### By tag", escape(reading(block.analysis.baseline))]
    for table in found.first:
        heads = [f"{table.tag}: {table.metric} {ARROWS[table.way]}", *table.heads]
        rows = [[escape(label), *(_cell(each.cell) for each in cells)] for label, cells in table.rows]
        parts.append(grid([escape(head) for head in heads], rows))
    return [*parts, *map(escape, found.notes), *_others(found)]


def _others(found: ByTag) -> list[str]:
    """Where the other metrics are."""
    return [f"The other metrics by tag are in {BY_TAG}."] if len(found.metrics) > 1 else []


def _named(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is names and whose others are numbers."""
    return grid([escape(head) for head in heads], [[escape(row[0]), *row[1:]] for row in rows])


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _row(row: Row) -> list[str]:
    cells = [escape(row.states) or "-" if cell.missing and not row.done else _cell(cell) for cell in row.cells]
    return [escape(row.label), f"{row.done}/{row.expected}", *cells]


def _seconds(row: Row) -> str:
    return "-" if math.isnan(row.seconds_per_epoch) else f"{row.seconds_per_epoch:.2f}"


def _cell(cell: Cell) -> str:
    if cell.missing:
        return "-"
    return f"{_ranked(cell.text, cell.rank)} {cell.mark}".strip()


def _ranked(text: str, rank: int) -> str:
    """The best in bold, the second underlined."""
    return {1: f"**{text}**", 2: f"<ins>{text}</ins>"}.get(rank, text)


def _paper(block: PaperBlock) -> list[str]:
    pairs = [(f"{name}, ours", "paper") for name in block.metrics]
    heads = ["loss", *chain(*pairs)]
    return [
        f"### {escape(block.title)}",
        escape(block.protocol),
        _escaped(heads, block.rows),
    ]
