"""The rule for names that a file tells and that become parts of paths."""

import re
from pathlib import PureWindowsPath

from cwmi_seg.files.printable import shortened
from cwmi_seg.mistakes import Mistake

LONGEST = 200
"""Bytes in UTF-8: file systems take 255, and endings are added to the name."""


def plain_name(name: object) -> str:
    """Check that ``name`` is the name of a file in one folder on every system, and return it.

    It may be no path, and lead nowhere else.

    Raises:
        ValueError: not text, empty, ``.`` or ``..``, with ``/``, ``\\``, a drive (``C:``) or a zero byte, no Unicode,
            or longer than 200 bytes.
    """
    if not isinstance(name, str) or not _is_plain(name):
        shown = ascii(name)
        raise Mistake(
            "name of an image: expected the name of a file, without /, \\, a drive or .. and of at most "
            f"{LONGEST} bytes, got {shown if len(shown) < 80 else f'{shown[:80]}...'}; rename the image"
        )
    return name


def file_name(text: str) -> str:
    """Make text a part of a file's name: letters, digits and a few marks stay, others become ``-``; it may be cut."""
    return shortened(re.sub(r"[^\w .,()=+-]+", "-", text).strip("-. "), 40) or "unnamed"


def _is_plain(name: str) -> bool:
    return (
        name not in ("", ".", "..")
        and not set(name) & set("/\\\0")
        and not any("\ud800" <= character <= "\udfff" for character in name)
        and not PureWindowsPath(name).drive
        and len(name.encode()) <= LONGEST
    )
