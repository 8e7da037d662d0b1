"""What a user reads of a mistake, Hydra's errors too: ``argument: expected RULE, got VALUE; REPAIR.`` in one line."""

import errno
import re
from collections.abc import Iterable
from difflib import get_close_matches

from cwmi_seg.config.renamed import MOVED
from cwmi_seg.files.printable import printable, shortened

_DETAILS = re.compile(r"\n\s*(?:full_key:|Config search path:|See https://hydra|To append to your )")
_AMBIGUOUS = re.compile(r"Ambiguous value for argument '(?P<override>.*?)'\n")
_DELETION = re.compile(r"Error merging override '?~(?P<key>[\w.@/]+).*\n?.*does not support deletion", re.DOTALL)
_CONVERSION = re.compile(r"could not be converted to (\w+)")
_KINDS = {"Integer": "a whole number", "Float": "a number"}
_NOT_WRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EEXIST, errno.ENOTDIR)
_FRAMES = re.compile(r"\s*(?:Exception raised from |C\+\+ CapturedTraceback|frame #\d+: ).*?(?=\); |$)", re.DOTALL)
_LONGEST = 2000  # characters
_NOT_FOR_USERS = ("hydra", "run_folder", "_target_")


def error_line(error: BaseException) -> str:
    """The message, for an error of Hydra with the keys or choices that are known in place of its search.

    It is printable (see :mod:`cwmi_seg.files.printable`) and has no frames of compiled code, which torch and libraries
    of images append.
    """
    message = _FRAMES.sub("", _text(error))
    return shortened(printable(" ".join(message.split())), _LONGEST)


def _text(error: BaseException) -> str:
    from hydra.errors import HydraException, MissingConfigException, OverrideParseException
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    if isinstance(error, MissingMandatoryValue):
        return f"{error.full_key}: expected a value, got ???; set it."
    if isinstance(error, OverrideParseException):
        return f"{error.override}: expected KEY=VALUE; quote a value with = or unusual letters: 'KEY=\"VALUE\"'."
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _unknown_choice(str(error.missing_cfg_file), error.options or ())
    if ambiguous := _AMBIGUOUS.match(str(error)):
        override = ambiguous["override"]
        key, _, values = override.partition("=")
        sweep = "add -m to cwmi-train, in Python use cwmi_seg.sweep"
        return f"{override}: expected one value; for a list write {key}=[{values}], for a sweep {sweep}."
    if deletion := _DELETION.search(f"{error}\n{error.__cause__}"):
        return f"{deletion['key']}: expected a value, got ~{deletion['key']}, which takes it away; leave it out."
    if isinstance(error, OSError) and error.errno in _NOT_WRITABLE:
        where = f"{error.filename}: cannot be written" if error.filename else "a file cannot be written"
        return f"{where} ({error.strerror}); make room, or choose another folder with out= or paths.output=."
    if isinstance(error, OSError) and error.errno and error.filename:
        return f"{error.filename}: {str(error.strerror).lower()}; check the path."
    if isinstance(error, HydraException) and isinstance(error.__cause__, OmegaConfBaseException):
        return _cause(error, error.__cause__)
    return _DETAILS.split(str(error))[0]


def _unknown_choice(name: str, options: Iterable[str]) -> str:
    group, _, choice = name.rpartition("/")
    if not options:
        return f"{name}: expected a config of this name, found none; check it, or add --config-dir=FOLDER of your own."
    near = get_close_matches(choice, list(options), n=1)
    repair = f"perhaps {near[0]} is meant" if near else "choose one of them"
    if group == "dataset":
        repair += ", or for images of your own prepared in FOLDER dataset=folder dataset.images.root=FOLDER"
    return f"{group}: expected one of {', '.join(options)}, got {choice}; {repair}."


def _cause(error: BaseException, cause: BaseException) -> str:
    """Of a key or value that does not fit the config."""
    from omegaconf.errors import ConfigAttributeError, ConfigKeyError, ValidationError

    if isinstance(cause, ConfigAttributeError | ConfigKeyError) and cause.parent_node is not None:
        return _unknown_key(str(cause.full_key), [str(key) for key in cause.parent_node], cause.object_type is dict)
    if isinstance(cause, ValidationError):
        return _wrong_kind(str(cause.full_key), cause.value, str(cause))
    return " ".join(_DETAILS.split(str(link))[0] for link in (error, cause))


def _unknown_key(full_key: str, keys: Iterable[str], is_open: bool) -> str:
    if full_key in MOVED:
        return f"{full_key}: expected {MOVED[full_key]}, which this key is called now, got the old name; write that."
    parent, dot, key = full_key.rpartition(".")
    known = [each for each in keys if each not in _NOT_FOR_USERS]
    if near := get_close_matches(key, known, n=1):
        return f"{full_key}: expected a key of the config, got {key}; perhaps {parent}{dot}{near[0]} is meant."
    adding = f", or add a new one as +{full_key}=VALUE" if is_open else ""
    return f"{full_key}: expected one of the keys {', '.join(known)}, got {key}; choose one of them{adding}."


def _wrong_kind(key: str, value: object, message: str) -> str:
    if "is not Optional" in message:
        return f"{key}: expected a value, got null; set it, or leave the override out."
    if "is not a ListConfig" in message:
        return f"{key}: expected a list, got {value}; write {key}=[{value}]."
    if "is not a valid bool" in message:
        return f"{key}: expected true or false, got {value}; write {key}=true or {key}=false."
    if conversion := _CONVERSION.search(message):
        return f"{key}: expected {_KINDS.get(conversion[1], conversion[1])}, got {value}; mend it."
    return f"{key}: {_DETAILS.split(message)[0]}"
