"""Text of strangers (names of files, labels, messages of libraries) on a terminal, in a log or in a report.

A file name may hold a line feed, an escape sequence that clears the screen, or marks that turn the reading direction.
"""

import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

_HARMFUL = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")  # controls, lone surrogates, private, unassigned, line separators
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str, keep: str = "") -> str:
    """The text in one line of visible characters; others become ``\\n``, ``\\x1b`` or ``\\u202e``, as in ``repr``.

    Args:
        text: Any text.
        keep: Characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c in keep or not _is_harmful(c) else _escaped(c) for c in text)


def shortened(text: str, most: int) -> str:
    """The text itself, or begin and end of a text of more than ``most`` characters, with ``…`` between them."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - half]}…{text[len(text) - half :]}"


def _is_harmful(character: str) -> bool:
    return unicodedata.category(character) in _HARMFUL or character in _DIRECTIONS


def _escaped(character: str) -> str:
    number = ord(character)
    return _ESCAPES.get(character) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")


@contextmanager
def printable_logs() -> Iterator[None]:
    """Every record that is logged in the block is printable; only a message itself, not what it tells, has lines."""
    before = logging.getLogRecordFactory()

    def record(*args: object, **kwargs: object) -> logging.LogRecord:
        made = before(*args, **kwargs)
        if isinstance(made.msg, str):
            made.msg = printable(made.msg, keep="\n\t")
        if isinstance(made.args, tuple):
            made.args = tuple(_argument(value) for value in made.args)
        return made

    logging.setLogRecordFactory(record)
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)


def _argument(value: object) -> object:
    """Numbers stay numbers for ``%d``; all else is its text."""
    return value if isinstance(value, int | float | type(None)) else printable(str(value))
