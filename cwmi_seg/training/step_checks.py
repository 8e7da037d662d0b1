"""What a step of the training may not get from a network or a loss, said in one line instead of a broken run."""

import logging
import math
from typing import Any

import torch
from torch import Tensor

from cwmi_seg.mistakes import Mistake

log = logging.getLogger(__name__)

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
            raise Mistake(f"loss: expected a finite number, got {value} in epoch {epoch}; {_DIVERGED}")


def check_logits(logits: Any, target: Tensor, num_classes: int | None) -> None:
    """Refuse what a network may not return: B C H W for the target B H W; for two classes one channel will do.

    ``num_classes`` None: any number of channels.
    """
    if not isinstance(logits, Tensor):
        kind = type(logits).__name__
        raise Mistake(f"model: expected a tensor of logits, got a {kind}; return the logits B C H W alone.")
    got, channels = tuple(logits.shape), num_classes or (logits.shape[1] if logits.ndim > 1 else 2)
    expected = (len(target), channels, *target.shape[1:])
    if got != expected and not (channels == 2 and got == (len(target), 1, *target.shape[1:])):
        raise Mistake(
            f"model: expected logits {expected}, got {got}; "
            "return B C H W with a channel for each class and the height and width of the images."
        )


def warn_of_probabilities(logits: Tensor) -> None:
    """Tell, once in a training, of outputs that look like those of a sigmoid or softmax: the losses take them for
    logits, and train badly without a word."""
    low, high = (float(value) for value in torch.aminmax(logits.detach()))
    if 0 <= low < high <= 1:
        log.warning(
            "model: expected logits, got values from %.3g to %.3g as of a sigmoid or softmax; leave that layer out, "
            "the losses apply it.", low, high,
        )  # fmt: skip


def check_loss(loss: object) -> None:
    """Refuse what a loss may not return: anything but one number with a gradient."""
    if not isinstance(loss, Tensor):
        kind = type(loss).__name__
        raise Mistake(f"loss: expected a tensor, got a {kind}; compute it from the logits with torch.")
    if loss.numel() != 1:
        raise Mistake(f"loss: expected one number, got a tensor {tuple(loss.shape)}; end with .mean().")
    if not loss.requires_grad:
        raise Mistake("loss: expected a number with a gradient, got one without; compute it from the logits.")


def check_finite_logits(logits: Tensor, epoch: int) -> None:
    """The most probable class of nan would be a mask like any other, and its score a result."""
    if not bool(torch.isfinite(logits).all()):
        value = float(logits[~torch.isfinite(logits)][0])
        raise Mistake(f"model: expected finite logits, got {value} in epoch {epoch}; {_DIVERGED}")
