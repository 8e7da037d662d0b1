"""The tables for a paper, with booktabs."""

from cwmi_seg.files.printable import printable
from cwmi_seg.reporting.numbers import with_spread
from cwmi_seg.reporting.tables import Cell, Row, Table

_PREAMBLE = r"""% \usepackage{booktabs,graphicx} and then \input this file.
% * significantly better, \dagger worse than BASELINE.
"""
_SPECIAL = {"\\": r"\textbackslash{}", **{c: f"\\{c}" for c in "&%$#_{}"}, "~": r"\textasciitilde{}",
            "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
            **{c: f"{{{c}}}" for c in "[]*"}}  # fmt: skip
_PLUS_MINUS = r"\pm"
_ARROWS = {"higher": r"$\uparrow$", "lower": r"$\downarrow$"}
_MARKS = {"better": "$^{*}$", "worse": r"$^{\dagger}$", "": ""}


def latex(tables: list[Table], baseline: str) -> str:
    """Write one ``table`` environment per block, made narrower where it is wider than the line."""
    return _PREAMBLE.replace("BASELINE", escape(baseline)) + "\n".join(_table(table) for table in tables)


def escape(text: str) -> str:
    """Escape text so that TeX prints it as it is; characters that pdflatex does not know by default become ``?``.

    Brackets and ``*`` stand in groups: behind the end of a row TeX takes them for its arguments.
    """
    return "".join(_SPECIAL.get(c, c if c.isascii() or c in "äöüßéèàçñøå" else "?") for c in printable(text))


def _table(table: Table) -> str:
    heads = ["Loss", *(f"{escape(name)} {_ARROWS[way]}" for name, way in table.metrics)]
    lines = [" & ".join(cells) + r" \\" for cells in [heads, *(_row(row) for row in table.rows)]]
    return "\n".join([
        r"\begin{table}", r"\centering", rf"\caption{{{escape(table.title)}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{l{'r' * len(table.metrics)}}}", r"\toprule", lines[0], r"\midrule", *lines[1:],
        r"\bottomrule", r"\end{tabular}}", r"\end{table}", "",
    ])  # fmt: skip


def _row(row: Row) -> list[str]:
    label = escape(row.label) + ("" if row.done == row.expected else f" ({row.done}/{row.expected})")
    return [label, *(_cell(cell) for cell in row.cells)]


def _cell(cell: Cell) -> str:
    if cell.missing:
        return "--"
    number = f"${with_spread(cell.mean, cell.std, cell.digits, _PLUS_MINUS)}$"
    if cell.rank == 1:
        number = rf"\textbf{{\boldmath {number}}}"
    elif cell.rank == 2:
        number = rf"\underline{{{number}}}"
    return number + _MARKS[cell.verdict]
