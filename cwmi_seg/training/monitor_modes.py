"""Monitors with a mode that would choose the worst epoch, where it is known which values of a score are better."""

import inspect
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pytorch_lightning.callbacks import Callback

from cwmi_seg.metrics.directions import Direction, direction_of
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.monitored import VALIDATION, Monitored
from cwmi_seg.training.schedule import Schedule
from cwmi_seg.training.task import SegmentationTask

_MODES: dict[Direction, str] = {"higher": "max", "lower": "min"}
_WORDS = {"max": "more", "min": "less"}


class Watched(NamedTuple):
    """What a callback or a schedule looks at: its key in the config, the monitor, and the mode if it has one."""

    key: str
    monitor: str
    mode: str | None = None


def watched(callbacks: Mapping[str, Callback], schedule: Schedule | None) -> Iterator[Watched]:
    """The monitors of a run.

    Args:
        callbacks: Of the config, by name.
        schedule: Of the learning rate.
    """
    for name, callback in callbacks.items():
        if isinstance(monitor := getattr(callback, "monitor", None), str):
            yield Watched(f"callbacks.{name}", monitor, getattr(callback, "mode", None))
    if schedule is not None and schedule.monitor is not None:
        # the mode that was said, or the default of the scheduler
        mode = inspect.signature(schedule.make).parameters.get("mode")
        yield Watched("scheduler", schedule.monitor, None if mode is None else mode.default)


def known_directions(task: SegmentationTask) -> dict[str, Direction]:
    """The better values of each logged score of which they are known."""
    metrics = [*task.always_validated(), *task.scores()]
    pairs = ((f"{VALIDATION}{name}", direction_of(metric, name)) for metric in metrics for name in metric.keys)
    return {"train/loss": "lower", **{name: better for name, better in pairs if better is not None}}


def check_mode(each: Watched, better: Mapping[str, Direction]) -> None:
    """Refuse a mode that takes the worst for the best, and a sum of scores some of which are taken so.

    Args:
        each: The monitor.
        better: The better values of logged scores; a score that is not among them may be meant in any way.

    Raises:
        ValueError: names the key and the repair.
    """
    if each.mode not in _WORDS:
        return
    terms = Monitored.parse(each.monitor, f"{each.key}.monitor").terms
    modes = {name: _mode(better[name], weight) for name, weight in terms if name in better and weight}
    wrong = [name for name, mode in modes.items() if mode != each.mode]
    if not wrong:
        return
    if len(wrong) == len(terms):
        mode = modes[wrong[0]]
        raise Mistake(
            f"{each.key}.mode: expected {mode} for {each.monitor}, of which {_WORDS[mode]} is better, got {each.mode}; "
            f"use ++{each.key}.mode={mode}."
        )
    name, weight = next((name, weight) for name, weight in terms if name in wrong)
    raise Mistake(
        f"{each.key}.monitor: expected a sum of which {_WORDS[each.mode]} is better, for mode={each.mode}, got "
        f"{each.monitor!r}; {'subtract' if weight > 0 else 'add'} {name}, of which {_WORDS[_MODES[better[name]]]} is "
        "better."
    )


def _mode(better: Direction, weight: float) -> str:
    """The mode for a score times a weight."""
    mode = _MODES[better]
    return mode if weight > 0 else {"max": "min", "min": "max"}[mode]
