"""Places of structure, about which a share of the training windows is centred."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

Mask = NDArray[np.uint8]


class StructurePlaces:
    """Draws places of the structure of one mask: first a class but 0, each alike, then one of its samples, each alike.

    Only the number of samples of each class in each row of an image, or slice of a volume, is kept. A draw reads the
    one row or slice that it falls into, so that a mask that is mapped into memory may be of any size.

    Args:
        mask: H W or D H W, class index.
        num_classes: number of classes.
        ignore_index: value that is no structure.
    """

    def __init__(self, mask: Mask, num_classes: int, ignore_index: int | None = None) -> None:
        counts = np.stack([np.bincount(part.ravel(), minlength=256) for part in mask])
        self.classes = [c for c in range(1, num_classes) if c != ignore_index and counts[:, c].any()]
        self._ends = {c: np.cumsum(counts[:, c]) for c in self.classes}

    def draw(self, mask: Mask, generator: torch.Generator) -> Sequence[int] | None:
        """The indices of one sample of the mask that the numbers were counted in; None where it has no structure."""
        if not self.classes:
            return None
        chosen = self.classes[int(torch.randint(len(self.classes), (), generator=generator))]
        ends = self._ends[chosen]
        number = int(torch.randint(int(ends[-1]), (), generator=generator))
        part = int(np.searchsorted(ends, number, side="right"))
        before = int(ends[part - 1]) if part else 0
        place = int(np.flatnonzero(mask[part] == chosen)[number - before])
        return (part, *(int(i) for i in np.unravel_index(place, mask.shape[1:])))
