"""Random changes of a training crop, alike in image, target and weight map.

An augmentation is a callable ``(image I H W, target H W, weight_map M H W or None, generator)`` that returns the
first three changed. All its randomness comes from ``generator``, so that a resumed run repeats it.
"""

import torch
from torch import Tensor


class Flips:
    """Flips along each axis with probability 1/2."""

    def __call__(
        self, image: Tensor, target: Tensor, weight_map: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        axes = [axis for axis in (-1, -2) if torch.rand((), generator=generator) < 0.5]
        return image.flip(axes), target.flip(axes), None if weight_map is None else weight_map.flip(axes)
