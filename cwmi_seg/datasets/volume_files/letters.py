"""Names of axes as files write them, as the letters that are used here."""

from collections.abc import Sequence

_LETTERS = {
    "z": "Z", "depth": "Z", "plane": "Z", "y": "Y", "height": "Y", "row": "Y", "x": "X", "width": "X", "col": "X",
    "column": "X", "c": "C", "s": "C", "channel": "C", "channels": "C", "t": "T", "time": "T",
}  # fmt: skip


def letters(names: Sequence[object]) -> str:
    """A letter for each name, ? for one that is not known; "" where none is."""
    found = "".join(_LETTERS.get(str(name).strip().lower(), "?") for name in names)
    return "" if set(found) <= {"?"} else found
