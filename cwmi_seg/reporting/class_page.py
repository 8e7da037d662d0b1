"""What the page shows of single classes and of all images together, for ``classes.html.j2``."""

from typing import Any

from cwmi_seg.reporting.class_part import CONFUSION, POOLED, class_rows, pooled_rows
from cwmi_seg.reporting.content import Block
from cwmi_seg.reporting.figures.style import inline


def class_page(block: Block) -> dict[str, Any]:
    """Tables as texts, a legend of names and colours, and pictures as SVG text."""
    classes = block.classes
    pairs = () if classes is None else zip(classes.names, classes.colours, strict=True)
    return {
        "pooled": pooled_rows(block.pooled),
        "pooled_words": POOLED,
        "tables": [] if classes is None else [class_rows(table) for table in classes.tables],
        "legend": [(name, f"rgb({red}, {green}, {blue})") for name, (red, green, blue) in pairs],
        "confusions": [(each.caption, inline(each.svg)) for each in block.drawings if each.group == CONFUSION],
    }
