"""Which values of a score are the better ones."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torchmetrics import Metric

Direction = Literal["higher", "lower"]
LOWER_IS_BETTER = ("vi", "vi_*", "hd", "hd_*", "hd95", "hd95_*", "*_error", "*_error_*", "*_distance",
                   "foreground_vi*", "foreground_hd*")  # fmt: skip
"""Patterns for the scores of the package of which less is better; of all others more is."""


def direction(name: str, lower_is_better: Sequence[str] = LOWER_IS_BETTER) -> Direction:
    """The better values of a score.

    Args:
        name: Its name.
        lower_is_better: Shell patterns of the names of which less is better.
    """
    return "lower" if any(fnmatchcase(name, pattern) for pattern in lower_is_better) else "higher"


def direction_of(metric: "Metric", name: str) -> Direction | None:
    """The better values of one of the scores of a metric; None where it is another's and says nothing.

    A metric of others says it as all of torchmetrics do, by ``higher_is_better``.

    Args:
        metric: The metric.
        name: One of its ``keys``.
    """
    if type(metric).__module__.startswith("cwmi_seg."):
        return direction(name)
    said = getattr(metric, "higher_is_better", None)
    return None if said is None else "higher" if said else "lower"
