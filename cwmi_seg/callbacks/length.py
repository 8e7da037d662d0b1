"""How many epochs a training has, which its number of steps may decide."""

import math

import pytorch_lightning as pl


def number_of_epochs(trainer: pl.Trainer) -> int | None:
    """The number of epochs that a training has begun with when it ends; None where neither epochs nor steps bound it.

    A training with ``max_steps`` may end before ``max_epochs``, which Lightning sets to -1 where steps alone are given.
    """
    steps = trainer.estimated_stepping_batches
    if not math.isfinite(steps):
        return None
    return math.ceil(steps / math.ceil(trainer.num_training_batches / trainer.accumulate_grad_batches))
