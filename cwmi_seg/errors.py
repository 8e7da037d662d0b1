"""A user's mistake in a path, a file or a value ends a command with one line and exit status 1, not a traceback."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_hydra_raises = ContextVar("_hydra_raises", default=False)
_IN_FULL = "HYDRA_FULL_ERROR"
_DETAILS = re.compile(r"\n\s*(?:full_key:|Config search path:|See https://hydra)")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn mistakes into ``error: ...`` and exit status 1: ValueError, OSError (no file, full disk), a value left at
    ``???``, and Hydra's own errors.

    Works as ``with one_line_errors():`` and as the decorator ``@one_line_errors()``. Other exceptions are
    bugs and keep their traceback; the environment variable ``HYDRA_FULL_ERROR=1`` keeps it for all.
    """
    try:
        yield
    except Exception as error:
        mistake = _mistake(error)
        if mistake is None or (os.environ.get(_IN_FULL, "0") == "1" and not _hydra_raises.get()):
            raise
        print(f"error: {_line(mistake)}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


@contextmanager
def raising_hydra() -> Iterator[None]:
    """Let Hydra raise what it finds in the command line, to be shown in one line, where it would print several.

    Goes around a main function of Hydra, inside ``one_line_errors``; that function's own errors need another
    ``one_line_errors`` in it, since Hydra reports on what leaves it.
    """
    if os.environ.get(_IN_FULL, "0") == "1":  # the user wants to see it all
        yield
        return
    os.environ[_IN_FULL] = "1"
    token = _hydra_raises.set(True)
    try:
        yield
    finally:
        _hydra_raises.reset(token)
        del os.environ[_IN_FULL]


def _mistake(error: BaseException) -> BaseException | None:
    """The error to show for ``error``; for one raised by a constructor that Hydra called, the constructor's own."""
    from hydra.errors import HydraException, InstantiationException
    from omegaconf.errors import MissingMandatoryValue

    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        return _mistake(error.__cause__)
    return error if isinstance(error, ValueError | OSError | HydraException | MissingMandatoryValue) else None


def _line(error: BaseException) -> str:
    """The message, for an error of Hydra with its reason and without the details of its search."""
    from hydra.errors import HydraException, OverrideParseException
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    if isinstance(error, MissingMandatoryValue):
        return f"{error.full_key}: expected a value, got ???; set it."
    if isinstance(error, OverrideParseException):
        return f"{error.override}: expected KEY=VALUE; quote a value with = or unusual letters: 'KEY=\"VALUE\"'."
    chain = [error]
    if isinstance(error, HydraException) and isinstance(error.__cause__, OmegaConfBaseException):
        chain.append(error.__cause__)
    return " ".join(" ".join(_DETAILS.split(str(link))[0] for link in chain).split())
