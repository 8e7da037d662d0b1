"""A user's mistake in a path, a file or a value ends a command with one line and exit status 1, not a traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn ValueError, OSError (no file, full disk) and Hydra's own errors into ``error: ...`` and exit status 1.

    Works as ``with one_line_errors():`` and as the decorator ``@one_line_errors()``. Other exceptions are
    bugs and keep their traceback; the environment variable ``HYDRA_FULL_ERROR=1`` keeps it for all.
    """
    try:
        yield
    except Exception as error:
        mistake = _mistake(error)
        if mistake is None or os.environ.get("HYDRA_FULL_ERROR", "0") == "1":
            raise
        print(f"error: {' '.join(str(mistake).split())}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def _mistake(error: BaseException) -> BaseException | None:
    """The error to show for ``error``; for one raised by a constructor that Hydra called, the constructor's own."""
    from hydra.errors import HydraException, InstantiationException

    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        return _mistake(error.__cause__)
    return error if isinstance(error, ValueError | OSError | HydraException) else None
