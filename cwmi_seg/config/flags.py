"""The flags of a command line, which are Hydra's: put in front of the overrides, and checked before Hydra sees them."""

from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Sequence
from typing import NoReturn

from cwmi_seg.mistakes import Mistake

_ACTIONS = ("run", "multirun", "cfg", "info", "shell_completion")
_COMPLETIONS = ("install", "uninstall", "query")


def flags_first(arguments: Sequence[str]) -> list[str]:
    """The command line with its flags before its overrides: Hydra refuses overrides on both sides of a flag.

    Raises:
        ValueError: a flag that Hydra has not, one without its value, or two that exclude each other.
    """
    from hydra._internal.utils import get_args_parser

    parser = get_args_parser()
    parser.exit_on_error = False  # it would print a usage of eight lines
    parser.error = _refuse  # type: ignore[method-assign] # which Python 3.11 calls all the same where a flag is ambiguous
    arguments = _with_topic_of_info(arguments, parser)
    try:
        known, unknown = parser.parse_known_intermixed_args(list(arguments))
    except ArgumentError as error:
        raise Mistake(f"{error.argument_name}: {error.message}; see --help and --hydra-help.") from None
    if unknown:
        raise Mistake(f"{unknown[0]}: expected KEY=VALUE or a flag of --hydra-help, got neither; see --help.")
    behind = [override for override in known.overrides if override.startswith("-")]
    if behind:
        raise Mistake(f"{behind[0]}: expected KEY=VALUE after --, got a flag; write it before --, or leave -- out.")
    _check(known)
    flags = [argument for argument in arguments if argument != "--"]
    for override in known.overrides:
        flags.remove(override)
    return [*flags, *known.overrides]


def _refuse(message: str) -> NoReturn:
    raise Mistake(f"{message}; see --help and --hydra-help.")


def _with_topic_of_info(arguments: Sequence[str], parser: ArgumentParser) -> list[str]:
    """``--info=all`` for ``--info``, which would take the override behind it for its topic."""
    topics = next(action.choices for action in parser._actions if action.dest == "info") or ()
    return [
        "--info=all" if argument in ("--info", "-i") and after not in topics else argument
        for argument, after in zip(arguments, [*arguments, ""][1:], strict=True)
    ]


def _check(known: Namespace) -> None:
    """What Hydra notices only when it carries the flags out, with a traceback."""
    asked = [f"--{action.replace('_', '-')}" for action in _ACTIONS if getattr(known, action)]
    if len(asked) > 1:
        raise Mistake(f"{asked[1]}: expected one of {asked[0]} and {asked[1]}, got both; leave one out.")
    if known.experimental_rerun:  # a pickle, which could run anything
        raise Mistake("--experimental-rerun: expected a command line, got a file; give the overrides themselves.")
    if known.resolve and not (known.cfg or known.help):
        raise Mistake("--resolve: expected --cfg=job beside it, got it alone; add --cfg=job.")
    if known.shell_completion and [word.partition("=")[0] for word in known.overrides] not in [
        [c] for c in _COMPLETIONS
    ]:
        raise Mistake("--shell-completion: expected install=SHELL or uninstall=SHELL alone; write install=bash.")
