"""Arguments of preparers that came when there were prepared data already."""

from collections.abc import Mapping

LATER: Mapping[str, object] = {
    "image_pattern": None,
    "mask_pattern": None,
    "pairs": None,
    "dimensions": None,
    "class_names": None,
    "threshold": None,
    "invert": False,
    "instances": None,
}
"""Their neutral values, at which they do what was done before they came. Such a one counts neither in the fingerprint
of prepared data nor in the hash of a run, so that no data and no run of before become others."""


def options_text(options: Mapping[str, object]) -> str:
    """The config of a preparer as its fingerprint holds it, without what came later and is neutral."""
    return str({key: value for key, value in options.items() if key not in LATER or value != LATER[key]})
