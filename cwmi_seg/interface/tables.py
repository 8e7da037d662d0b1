"""Results as tables: of pandas to compute with, of HTML for a notebook."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from cwmi_seg.files.printable import printable
from cwmi_seg.study.run_results import RunResults

if TYPE_CHECKING:
    import pandas as pd

    from cwmi_seg.reporting.tables import Cell, Table


def score_table(results: RunResults) -> "pd.DataFrame":
    """A row a metric, with the columns mean, std and num_images."""
    import pandas as pd

    rows = {
        name: {"mean": score.mean, "std": score.std, "num_images": score.num_images or results.num_test_images}
        for name, score in results.test.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "std", "num_images"])
    return table.rename_axis("metric")


def epoch_table(epochs: Sequence[Mapping[str, float | None]]) -> "pd.DataFrame":
    """A row an epoch; a value that an epoch has not is missing."""
    import pandas as pd

    if not epochs:
        return pd.DataFrame(index=pd.Index([], dtype=int, name="epoch"))
    return pd.DataFrame(epochs, dtype=float).astype({"epoch": int}).set_index("epoch")


def shown_scores(name: str, state: str, scores: "pd.DataFrame | None") -> str:
    """The scores of one run as HTML; the title alone where it has none."""
    title = f"<p><b>{escape(printable(name))}</b>, {escape(state)}</p>"
    if scores is None:
        return title
    return f"{title}{scores.rename_axis(None).to_html(float_format='{:.4f}'.format, na_rep='', escape=True)}"


def shown_blocks(study: str, tables: Iterable["Table"]) -> str:
    """The tables of a study as HTML: best in bold, second best underlined, triangles as in the report."""
    return f"<p><b>{escape(printable(study))}</b></p>{''.join(_block(table) for table in tables)}"


def _block(table: "Table") -> str:
    from cwmi_seg.reporting.numbers import ARROWS

    heads = ["loss", "runs", *(f"{printable(name)} {ARROWS[way]}" for name, way in table.metrics)]
    rows = [
        [escape(printable(row.label)), f"{row.done}/{row.expected}", *(_cell(cell) for cell in row.cells)]
        for row in table.rows
    ]
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    caption = f"<caption>{escape(printable(table.title))}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: "Cell") -> str:
    if cell.missing:
        return "-"
    tag = {1: "b", 2: "u"}.get(cell.rank)
    text = f"{escape(cell.text)} {cell.mark}".strip()
    return f"<{tag}>{text}</{tag}>" if tag else text
