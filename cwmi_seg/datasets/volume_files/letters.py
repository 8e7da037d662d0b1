"""Names of axes as files write them, as the letters that are used here."""

from collections.abc import Sequence

from cwmi_seg.mistakes import Mistake

_LETTERS = {
    "z": "Z", "depth": "Z", "plane": "Z", "y": "Y", "height": "Y", "row": "Y", "x": "X", "width": "X", "col": "X",
    "column": "X", "c": "C", "s": "C", "channel": "C", "channels": "C", "t": "T", "time": "T",
}  # fmt: skip


def letters(names: Sequence[object]) -> str:
    """A letter for each name, ? for one that is not known; "" where none is."""
    found = "".join(_LETTERS.get(str(name).strip().lower(), "?") for name in names)
    return "" if set(found) <= {"?"} else found


def checked_axes(axes: str | None, name: str = "axes") -> str | None:
    """The letters of stored axes that a user gives, in capitals; None stays None.

    Args:
        axes: A letter for each axis.
        name: Of the argument, for the message.

    Raises:
        Mistake: Letters of other axes, or some that are there twice or not at all.
    """
    if axes is None:
        return None
    letters = axes.upper() if isinstance(axes, str) else ""
    if not (set("ZYX") <= set(letters) <= set("ZYXCT") and len(set(letters)) == len(letters)):
        raise Mistake(
            f"{name}: expected Z, Y and X, with C for channels and T for time if there are, got {axes}; "
            "use for example ZYX or CZYX."
        )
    return letters
