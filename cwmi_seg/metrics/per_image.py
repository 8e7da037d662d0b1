"""The base of every metric: scores of single images, kept until the end of the epoch."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.masks import Labels


class PerImageMetric(Metric):
    """Mean over images of what :meth:`score` says of each.

    Images are told apart by their dataset index, so an image that a distributed sampler hands out twice counts
    once, and the result does not depend on how the images were shared out among processes.

    Args:
        num_classes: C; class 1 is the structure.
        ignore_index: target value of pixels that take no part.
    """

    names: tuple[str, ...]
    """Names of the values that :meth:`score` gives."""
    class_metrics: tuple[str, ...] = ()
    """Those of ``keys`` that come for each class c by itself as well, as ``NAME_c``."""
    axes: tuple[int, ...] = (2, 3)
    """Numbers of axes that the masks of :meth:`score` may have: images have 2, volumes 3."""
    distances: tuple[str, ...] = ()
    """Those of ``names`` whose values are in units of the spacing of the samples, of which results say the unit."""
    partial: bool = False
    """Whether NaN says that an image has no value, such as one without the class; means are over those that have."""
    full_state_update = False
    indices: list[Tensor]
    values: list[Tensor]

    def __init__(self, num_classes: int = 2, ignore_index: int | None = None) -> None:
        super().__init__()
        self.num_classes, self.ignore_index = num_classes, ignore_index
        self._num_counted = 0
        self.add_state("indices", [], dist_reduce_fx="cat")
        self.add_state("values", [], dist_reduce_fx="cat")

    @abstractmethod
    def score(self, prediction: Labels, target: Labels) -> Sequence[float]:
        """Score one image: a value for each of ``names``, from class indices H W or D H W, ignored ones among them."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of all values, those of single classes among them."""
        return self.names

    def all_scores(self, prediction: Labels, target: Labels) -> Sequence[float]:
        """The values of one image that are kept; without values of single classes those of :meth:`score`."""
        return self.score(prediction, target)

    def num_values(self) -> int:
        """How many numbers are kept of an image."""
        return len(self.keys)

    def update(self, prediction: Tensor, target: Tensor, index: Tensor | None = None) -> None:
        """Score a batch.

        Args:
            prediction: class indices B H W or B D H W.
            target: the same.
            index: dataset index B of each image. Without it every image that comes counts, also one that a distributed
                sampler hands out twice.
        """
        index = self._counted_on(len(target)) if index is None else index
        masks = zip(prediction.cpu().numpy(), target.cpu().numpy(), strict=True)
        self._keep([self.all_scores(*pair) for pair in masks], index)

    def _counted_on(self, number: int) -> Tensor:
        """Indices that no other image of this metric has, of this process or another, before a reset or after it."""
        distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        start = (torch.distributed.get_rank() << 40 if distributed else 0) + self._num_counted
        self._num_counted += number
        return torch.arange(start, start + number)

    def add(self, scores: Sequence[Sequence[float]], index: Tensor) -> None:
        """Keep the values that :meth:`all_scores` gave in another process for the images of a batch."""
        self._keep(scores, index)
        # what torchmetrics does around update(), whose wrapper is not called here
        self._computed, self._update_count = None, self._update_count + 1

    def _keep(self, scores: Sequence[Sequence[float]], index: Tensor) -> None:
        for values in scores:
            if np.shape(values) != (self.num_values(),):
                raise Mistake(
                    f"{type(self).__name__}.score: expected {self.num_values()} numbers, one for each of "
                    f"{', '.join(self.keys)}, got {values}; return a tuple of as many."
                )
        self.indices.append(index.to(self.device, torch.int64))
        self.values.append(torch.tensor(scores, dtype=torch.float64, device=self.device))

    def kept(self) -> tuple[Tensor, Tensor]:
        """Dataset indices in ascending order, N, and the numbers that were kept of each image in that order, N V."""
        indices, values = (dim_zero_cat(state).cpu() for state in (self.indices, self.values))
        # a sampler that shares images out among processes hands some out twice, to give each process as many
        unique, first = np.unique(indices.numpy(), return_index=True)
        return torch.from_numpy(unique), values[torch.from_numpy(first)]

    def per_image(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Dataset indices in ascending order, and the values of each of ``keys`` in that order, float64."""
        indices, values = self.kept()
        return indices, dict(zip(self.keys, values.T, strict=True))

    def compute(self) -> dict[str, Tensor]:
        """The mean over the images of each of ``keys``; over those with a value if some may have none."""
        mean = torch.nanmean if self.partial else torch.mean
        return {name: mean(values) for name, values in self.per_image()[1].items()}
