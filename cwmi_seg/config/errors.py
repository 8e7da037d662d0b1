"""A user's mistake in a path, a file or a value ends a command with one line and exit status 1, not a traceback."""

import logging
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.config.flags import flags_first
from cwmi_seg.config.growth import refuse_config_bombs
from cwmi_seg.files.printable import printable_logs
from cwmi_seg.mistakes import Mistake

INTERRUPTED, TERMINATED = 130, 143
"""Exit status after Ctrl-C and after SIGTERM, as shells have it."""

_hydra_raises = ContextVar("_hydra_raises", default=False)
_asked_from_python = ContextVar("_asked_from_python", default=False)
_IN_FULL = "HYDRA_FULL_ERROR"


def run_command(job: Callable[[], None]) -> None:
    """Carry out a command, ``job`` being its main function of Hydra: flags may stand among the overrides, and a mistake
    in the command line, Ctrl-C or a reader that has closed the pipe ends it in a line or less.

    The main function's own errors need ``one_line_errors`` in it, since Hydra reports on what leaves it.
    """
    from cwmi_seg.config.checked_loader import checked_loading
    from cwmi_seg.config.schemas import register_schemas

    before, logging.raiseExceptions = logging.raiseExceptions, False  # a log that cannot be written is no traceback
    try:
        with printable_logs(), one_line_errors():
            sys.argv[1:] = flags_first(sys.argv[1:])
            refuse_config_bombs(sys.argv[1:])
            register_schemas()
            with raising_hydra(), checked_loading():
                job()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        if not _reader_is_gone():
            raise
        _mute_output()
    finally:
        logging.raiseExceptions = before


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn mistakes into ``error: ...`` and exit status 1: Mistake, OSError (no file, full disk), a value left at
    ``???``, and Hydra's own errors.

    Works as ``with one_line_errors():`` and as the decorator ``@one_line_errors()``. Other exceptions are
    bugs and keep their traceback; the environment variable ``HYDRA_FULL_ERROR=1`` keeps it for all.
    """
    try:
        with _environment_of_the_user():
            yield
    except BrokenPipeError:
        if not _reader_is_gone():
            raise
        _mute_output()
        raise SystemExit(0) from None  # as an exception, Hydra would report on it
    except Exception as error:
        mistake = _mistake(error)
        if mistake is None or (os.environ.get(_IN_FULL, "0") == "1" and not _hydra_raises.get()):
            raise
        if _asked_from_python.get():
            raise
        print(f"error: {error_line(mistake)}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def _reader_is_gone() -> bool:
    """Whether the output is a pipe that nobody reads any more, as in ``cwmi-runs | head -1``: it has what it wants."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError):  # captured, or closed
        return False
    poll = select.poll()
    poll.register(output, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _mute_output() -> None:
    """For what the interpreter still flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def raised_mistakes() -> Iterator[None]:
    """Let what a command would end with reach the caller, as Python has it: every mistake as ``Mistake`` with the line
    that :func:`one_line_errors` would print, and Ctrl-C as ``KeyboardInterrupt``.

    An ``OSError`` of the system, such as that of a full disk, stays what it is.
    """
    token = _asked_from_python.set(True)
    try:
        yield
    except SystemExit as stop:
        if stop.code in (INTERRUPTED, TERMINATED):
            raise KeyboardInterrupt from None
        raise
    except Exception as error:
        mistake = _mistake(error)
        if mistake is None or isinstance(mistake, Mistake) or getattr(mistake, "errno", None) is not None:
            raise
        raise Mistake(error_line(mistake)) from error
    finally:
        _asked_from_python.reset(token)


@contextmanager
def raising_hydra() -> Iterator[None]:
    """Let Hydra raise what it finds in the command line, to be shown in one line, where it would print several.

    Goes around a main function of Hydra, inside ``one_line_errors``; see :func:`run_command`.
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
        os.environ.pop(_IN_FULL, None)


@contextmanager
def _environment_of_the_user() -> Iterator[None]:
    """Without the variable that :func:`raising_hydra` has set, which is not for the processes that a job starts.

    An error leaves it so: of a bug, Hydra then shows the traceback without its own frames.
    """
    if not _hydra_raises.get() or _IN_FULL not in os.environ:
        yield
        return
    del os.environ[_IN_FULL]
    yield
    os.environ[_IN_FULL] = "1"


def _mistake(error: BaseException) -> BaseException | None:
    """The error to show for ``error``; for one raised by a constructor that Hydra called, the constructor's own."""
    from hydra.errors import HydraException, InstantiationException
    from omegaconf.errors import OmegaConfBaseException

    if isinstance(error, InstantiationException) and error.__cause__ is not None:
        return _mistake(error.__cause__)
    return error if isinstance(error, (Mistake, OSError, HydraException, OmegaConfBaseException)) else None
