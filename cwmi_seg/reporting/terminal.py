"""The tables on the console: drawn by rich on a terminal, aligned text elsewhere."""

import sys
from collections.abc import Sequence

from cwmi_seg.files.printable import printable
from cwmi_seg.reporting.numbers import ARROWS
from cwmi_seg.reporting.tables import Cell, Row, Table
from cwmi_seg.reporting.tag_tables import ByTag

MAX_HOLES = 6
"""Most missing runs that are named under a table."""
MOST_COLUMNS = 4
"""Most values of a tag that are shown."""


def show(tables: list[Table]) -> None:
    """Print every block."""
    for table in tables:
        if sys.stdout.isatty():
            _draw(table)
        else:
            print(plain(table))


def plain(table: Table) -> str:
    """Write a block as text, with ``*`` behind the best value of a column and ``_`` behind the second."""
    lines = _aligned([_heads(table), *(_row(row) for row in table.rows)])
    return "\n".join(["", printable(table.title), *lines, *(f"  {line}" for line in _holes(table))])


def show_tags(title: str, found: ByTag) -> None:
    """Print the first metric of a block by tag, a table for each tag that has few values."""
    for table in found.first:
        if len(table.heads) <= MOST_COLUMNS:
            heads = [f"{printable(table.metric)} {ARROWS[table.way]}", *map(printable, table.heads)]
            rows = [[printable(label), *(_cell(each.cell) for each in cells)] for label, cells in table.rows]
            print("\n".join(["", f"{printable(title)}, by {printable(table.tag)}", *_aligned([heads, *rows])]))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of rows, the first column aligned to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows)
    return [f"  {line}" for line in lines]


def _holes(table: Table) -> list[str]:
    """The first missing runs; all are in the report."""
    lines, left = [f"missing: {printable(hole)}" for hole in table.holes[:MAX_HOLES]], len(table.holes) - MAX_HOLES
    return [*lines, *([f"missing: {left} more, all in the report"] if left > 0 else [])]


def _heads(table: Table) -> list[str]:
    return ["loss", "runs", *(f"{printable(name)} {ARROWS[way]}" for name, way in table.metrics)]


def _row(row: Row) -> list[str]:
    return [printable(row.label), f"{row.done}/{row.expected}", *(_cell(cell) for cell in row.cells)]


def _cell(cell: Cell) -> str:
    return "-" if cell.missing else cell.text + {1: " *", 2: " _"}.get(cell.rank, "  ") + (cell.mark or " ")


def _draw(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text  # which knows no markup, such as a label may hold

    drawn = RichTable(title=Text(printable(table.title), style="table.title"))
    for head in _heads(table):
        drawn.add_column(Text(head))
    for row in table.rows:
        styles = {1: "bold", 2: "underline"}
        cells = [Text("-") if c.missing else Text(c.text, styles.get(c.rank, "")) + f" {c.mark}" for c in row.cells]
        drawn.add_row(Text(printable(row.label)), f"{row.done}/{row.expected}", *cells)
    console = Console()
    console.print(drawn)
    for line in _holes(table):
        console.print(line, markup=False, highlight=False)
