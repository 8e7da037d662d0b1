"""The report as Markdown."""

from cwmi_seg.reporting.tables import Cell, Row, Table

ARROWS = {"higher": "↑", "lower": "↓"}


def markdown(title: str, intro: list[str], tables: list[Table], paper: list[str]) -> str:
    """The whole report.

    Args:
        title: of the page.
        intro: paragraphs above the tables.
        tables: one per block.
        paper: the lines of the comparison with the paper, none where nothing matches.
    """
    parts = [f"# {title}", *intro]
    for table in tables:
        parts += [f"## {table.title}", markdown_table(table)]
        if table.holes:
            parts.append("Missing:\n\n" + "\n".join(f"- {_escape(hole)}" for hole in table.holes))
    return "\n\n".join([*parts, *paper]) + "\n"


def markdown_table(table: Table) -> str:
    """One block."""
    heads = ["loss", "runs", *(f"{name} {ARROWS[way]}" for name, way in table.metrics), "s/epoch"]
    return grid(heads, [_row(row) for row in table.rows])


def grid(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    rule = [":--", *["--:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rule, *rows])


def _row(row: Row) -> list[str]:
    cells = [row.states or "-" if cell.missing and not row.done else _cell(cell) for cell in row.cells]
    seconds = "-" if row.seconds_per_epoch != row.seconds_per_epoch else f"{row.seconds_per_epoch:.2f}"
    return [_escape(row.label), f"{row.done}/{row.expected}", *cells, seconds]


def _cell(cell: Cell) -> str:
    if cell.missing:
        return "-"
    text = {1: f"**{cell.text}**", 2: f"<ins>{cell.text}</ins>"}.get(cell.rank, cell.text)
    return f"{text} {cell.mark}".strip()


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("_", "\\_").replace("<", "&lt;")
