"""The learning rate schedule of a run: when it is stepped, with what, and how long it lasts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR, ReduceLROnPlateau

from cwmi_seg.callbacks.length import number_of_epochs
from cwmi_seg.config.target import Target
from cwmi_seg.mistakes import Mistake

EPOCH, STEP = "epoch", "step"
_OWN_KEYS = ("interval", "monitor")
_LENGTHS = ("total_steps", "total_iters", "T_max")
_PER_STEP = (OneCycleLR, CyclicLR)


@dataclass(frozen=True)
class Schedule:
    """Makes the scheduler of an optimizer, and says when it is stepped.

    Args:
        make: a scheduler from an optimizer.
        interval: "epoch", or "step" for every step of the optimizer.
        monitor: logged value that the scheduler looks at, in the epochs that have it; None: it looks at none.
        lengths: arguments of ``make`` that are the number of its steps in the whole training.
    """

    make: Callable[..., LRScheduler]
    interval: str = EPOCH
    monitor: str | None = None
    lengths: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For the console."""
        name = getattr(getattr(self.make, "func", self.make), "__name__", "own")
        when = "after each step of the optimizer" if self.interval == STEP else "after each epoch"
        return f"{name}, {when}" + (f" by {self.monitor}" if self.monitor else "")

    def scheduler(self, optimizer: Optimizer, length: int) -> LRScheduler:
        """The scheduler of a training with ``length`` of its steps."""
        return self.make(optimizer, **dict.fromkeys(self.lengths, length))

    def configured(self, optimizer: Optimizer, trainer: pl.Trainer) -> dict[str, Any]:
        """The scheduler as Lightning takes it; the task looks after ``monitor`` itself.

        Raises:
            ValueError: it ends before the training does, or needs the end of one that has none.
        """
        scheduler = self.scheduler(optimizer, self._length(trainer) if self.lengths else 0)
        if isinstance(scheduler, OneCycleLR) and scheduler.total_steps < (length := self._length(trainer)):
            raise Mistake(
                f"scheduler.total_steps: expected at least the {length} {self.interval}s of the training, "
                f"got {scheduler.total_steps}; null takes them."
            )
        return {"scheduler": scheduler, "interval": self.interval, "reduce_on_plateau": False}

    def _length(self, trainer: pl.Trainer) -> int:
        epochs = number_of_epochs(trainer)
        if epochs is None:
            raise Mistake("trainer.max_epochs: expected a number for a schedule with an end, got none; set one.")
        return int(trainer.estimated_stepping_batches) if self.interval == STEP else epochs


def build_schedule(target: Target | None) -> Schedule | None:
    """The schedule that the group ``scheduler`` describes, None where it is null.

    Beside the arguments of the scheduler it may hold ``interval`` (without it: epoch) and ``monitor``; a length
    (``total_steps``, ``total_iters``, ``T_max``) of null becomes that of the training.

    Raises:
        ValueError: one of them does not fit the scheduler.
    """
    if target is None:
        return None
    given = target.arguments
    # null is "as long as the training": the number of steps is known only when the trainer has the data
    lengths = tuple(name for name in _LENGTHS if name in given and given[name] is None)
    made = target.without(*_OWN_KEYS, *lengths).make()
    _check(getattr(made, "func", None), target)
    return Schedule(made, given.get("interval", EPOCH), given.get("monitor"), lengths)


def _check(kind: object, target: Target) -> None:
    interval, monitor = target.arguments.get("interval"), target.arguments.get("monitor")
    name = target.name.rpartition(".")[2]
    if interval not in (None, EPOCH, STEP):
        raise Mistake(f"scheduler.interval: expected {EPOCH} or {STEP}, got {interval}; choose one.")
    if interval is None and _is(kind, _PER_STEP):
        raise Mistake(
            f"scheduler.interval: expected {STEP} or {EPOCH} for {name}, which is made for steps of the optimizer, "
            f"got none; add +scheduler.interval={STEP}."
        )
    looks = _is(kind, (ReduceLROnPlateau,))
    if looks and (monitor is None or interval == STEP):
        raise Mistake(
            f"scheduler.monitor: expected a value that is logged each epoch for {name}, got {monitor} each "
            f"{interval or EPOCH}; use scheduler=plateau, or add +scheduler.monitor=val/miou and scheduler.mode=max."
        )
    if monitor is not None and not looks:
        raise Mistake(f"scheduler.monitor: expected none for {name}, got {monitor}; remove it.")


def _is(kind: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(kind, type) and issubclass(kind, kinds)
