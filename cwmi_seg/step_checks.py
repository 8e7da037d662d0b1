"""What a step of the training may not get from a network or a loss, said in one line instead of a broken run."""

import math

import torch
from torch import Tensor

_DIVERGED = (
    "lower optimizer.lr, or look for a division or a logarithm of 0 in your own loss or model; half precision "
    "overflows sooner than trainer.precision=32-true."
)


class FiniteLoss:
    """Refuses a loss that is nan or infinite: at once on the CPU, at :meth:`check` on a device that must not wait."""

    def __init__(self) -> None:
        self._sum: Tensor | float = 0.0

    def add(self, loss: Tensor, epoch: int) -> None:
        """Keep the loss of a step; ``epoch`` is for the message."""
        self._sum = self._sum + loss.detach()
        if loss.device.type == "cpu":
            self.check(epoch)

    def check(self, epoch: int) -> None:
        """Look at the sum of what was added since the last call: a single nan makes it nan."""
        value, self._sum = float(self._sum), 0.0
        if not math.isfinite(value):
            raise ValueError(f"loss: expected a finite number, got {value} in epoch {epoch}; {_DIVERGED}")


def check_finite_logits(logits: Tensor, epoch: int) -> None:
    """The most probable class of nan would be a mask like any other, and its score a result."""
    if not bool(torch.isfinite(logits).all()):
        value = float(logits[~torch.isfinite(logits)][0])
        raise ValueError(f"model: expected finite logits, got {value} in epoch {epoch}; {_DIVERGED}")
