"""The content of a packed file in a temporary file, where any part of it can be read without the rest."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from cwmi_seg.mistakes import Mistake

_BLOCK = 1 << 20  # bytes


class Stream(Protocol):
    """What unpacked bytes are read from, one after the other."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``; none at the end."""
        ...


@contextmanager
def unpacked(stream: Stream, size: int, suffix: str = "") -> Iterator[Path]:
    """The next ``size`` bytes of a stream as a file in the system's folder of temporary files (``TMPDIR``).

    More is not unpacked, whatever the stream holds.

    Raises:
        Mistake: The stream is shorter.
    """
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        missing = size
        while missing and (block := stream.read(min(missing, _BLOCK))):
            file.write(block)
            missing -= len(block)
        if missing:
            raise Mistake("the file is cut short")
        file.flush()
        yield Path(file.name)
