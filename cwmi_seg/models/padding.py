"""The sizes that a network can take: inputs grown at their borders, and logits cropped back."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F


def padded(image: Tensor, multiples: Sequence[int]) -> Tensor:
    """Repeat the last samples of B I *space until every axis is a multiple of its number."""
    sizes = image.shape[-len(multiples) :]
    # F.pad counts the axes from the last
    ends = [
        end
        for size, multiple in zip(reversed(sizes), reversed(multiples), strict=True)
        for end in (0, -size % multiple)
    ]
    return F.pad(image, ends, mode="replicate")


def cropped(logits: Tensor, image: Tensor) -> Tensor:
    """Take from logits B C *space the part that lies over ``image`` B I *space."""
    place: tuple[Any, ...] = (..., *(slice(size) for size in image.shape[2:]))
    return logits[place]
