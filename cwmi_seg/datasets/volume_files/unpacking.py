"""The content of a packed file in a temporary file, where any part of it can be read without the rest."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
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
def unpacked(open_stream: Callable[[], AbstractContextManager[Stream]], size: int) -> Iterator[Callable[[], Path]]:
    """A function that gives the first ``size`` bytes of a stream as a file, unpacked when it is first called.

    The file is in the system's folder of temporary files (``TMPDIR``) as long as the block lasts. More than ``size`` is
    not unpacked, whatever the stream holds.

    Raises:
        Mistake: The stream is shorter; raised by the function.
    """
    with ExitStack() as opened:

        @cache
        def file() -> Path:
            target = opened.enter_context(tempfile.NamedTemporaryFile())
            with open_stream() as stream:
                missing = size
                while missing and (block := stream.read(min(missing, _BLOCK))):
                    target.write(block)
                    missing -= len(block)
            if missing:
                raise Mistake("the file is cut short")
            target.flush()
            return Path(target.name)

        yield file
