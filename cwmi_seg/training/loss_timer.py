"""How long the loss takes inside a training step, forward and backward, without stopping the device."""

import time
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class LossTimer:
    """Marks the start and end of the loss' two halves; read the sum once per epoch.

    On the CPU the marks are clock readings. On CUDA they are events in the stream, so nothing waits until
    :meth:`milliseconds` is asked for.
    """

    marks: list[tuple[float | torch.cuda.Event, bool]] = field(default_factory=list)
    steps: int = 0

    def mark(self, like: Tensor, *, start: bool) -> None:
        """Note the time on the device of ``like``."""
        if like.is_cuda:
            event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            event.record()
            self.marks.append((event, start))
        else:
            self.marks.append((time.perf_counter(), start))

    def watch(self, logits: Tensor) -> None:
        """Count a step, and note when the gradient of the loss has reached ``logits``."""
        self.steps += 1
        # the hook runs where the backward pass of the loss ends and that of the network begins
        if logits.requires_grad:
            logits.register_hook(lambda gradient: self.mark(gradient, start=False))  # type: ignore[no-untyped-call]

    def milliseconds(self) -> float:
        """Mean per step since the last call; forgets what it has told. NaN without a step."""
        total, started = 0.0, None
        for moment, start in self.marks:
            if start:
                started = moment
            elif started is not None:
                total += _elapsed_ms(started, moment)
                started = None
        mean = total / self.steps if self.steps else float("nan")
        self.marks.clear()
        self.steps = 0
        return mean


def _elapsed_ms(start: float | torch.cuda.Event, end: float | torch.cuda.Event) -> float:
    if isinstance(start, torch.cuda.Event) and isinstance(end, torch.cuda.Event):
        end.synchronize()
        return start.elapsed_time(end)
    return 1e3 * (float(end) - float(start))  # type: ignore[arg-type]
