"""Topograph: only the errors that change the topology are trained (Lux et al., ICLR 2025)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_choice
from cwmi_seg.losses._inputs import Inputs, read_inputs
from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.error_graph import critical_regions


class _Regions(NamedTuple):
    """The pixels of all critical regions of a batch."""

    values: Tensor  # n, probability of the predicted class
    region: Tensor  # n, the region of each, 0..R-1
    size: Tensor  # R, pixels


def topograph_loss(
    logits: Tensor,
    target: Tensor,
    connectivity: Literal[4, 8] = 8,
    aggregation: str = "mean",
    include_background: bool = False,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """Sum over the critical regions of the mean probability of the predicted class, mean over images and classes.

    Each class but the background is set against the rest. Its regions of wrong pixels are critical unless one can take
    them away without a change of topology (:func:`cwmi_seg.topology.error_graph.critical_regions`), so a moved border
    costs nothing, and a break, a bridge, a hole or a lost or false object costs the probability of its pixels. Pixels
    of equal probabilities belong to the lowest class. Ignored pixels are background, in prediction and target.

    The loss is zero, without gradient, where the topology is right: train it in a sum with an overlap loss. The graphs
    are made on the CPU in every step, one thread an image; about 0.1 s for 512x512 pixels.

    Args:
        logits: B C H W (or B 1 H W), raw.
        target: B H W, class index.
        connectivity: Connectivity of the structure, 8 or 4; the rest has the other one.
        aggregation: "mean", "sum", "max" or "rms" (root mean square) of the probabilities of a region.
        include_background: Whether class 0 is set against the rest as well.
        ignore_index: target value of pixels that take no part.

    Returns:
        Scalar in [0, inf): about the number of critical regions of an image.

    Raises:
        ValueError: a volume.

    Example:
        >>> target = torch.zeros(1, 9, 9, dtype=torch.long)
        >>> target[:, 4] = 1
        >>> broken, wide = target.clone().index_fill(2, torch.tensor([4]), 0), target | target.roll(1, 1)
        >>> [round(topograph_loss(torch.stack([1 - y, y], 1) * 20.0, target).item(), 3) for y in (broken, wide)]
        [1.0, 0.0]

    Reference:
        L. Lux, A. H. Berger et al., Topograph, arXiv:2411.03228.
    """
    inputs = read_inputs(logits, target, ignore_index, TopographLoss.dimensions)
    first = 0 if include_background else 1
    total = _AGGREGATIONS[aggregation](_critical_pixels(inputs, connectivity, first)).sum()
    images, classes = inputs.log_prob.shape[:2]
    return torch.where(inputs.log_prob.isnan().any(), torch.nan, total / (images * (classes - first)))


def _critical_pixels(inputs: Inputs, connectivity: Literal[4, 8], first: int) -> _Regions:
    """Critical regions of the classes from ``first`` on."""
    predicted = inputs.log_prob.argmax(1, keepdim=True)
    codes = _codes(inputs, predicted, first).flatten(0, 1).cpu().numpy()
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        numbered = np.stack(list(pool.map(lambda image: critical_regions(image, connectivity), codes)))
    found = numbered.max(axis=(1, 2))
    # each map numbers its regions from 1 on: shifted, no two maps share a number
    numbered += np.where(numbered > 0, (found.cumsum() - found)[:, None, None], 0)
    numbered = numbered.reshape(len(predicted), -1, *numbered.shape[1:])  # B C' H W
    regions, (images, _, rows, columns) = numbered[numbered > 0] - 1, np.nonzero(numbered)
    pixels = np.stack([images, rows, columns, regions])  # one copy to a GPU, which is waited for
    size = torch.from_numpy(np.bincount(regions, minlength=found.sum())).to(predicted.device)
    image, row, column, region = torch.from_numpy(pixels).to(predicted.device)
    values = inputs.prob().gather(1, predicted)[:, 0][image, row, column]
    return _Regions(values, region, size)


def _codes(inputs: Inputs, predicted: Tensor, first: int) -> Tensor:
    """Prediction + 2 target of each class against the rest, B C' H W uint8."""
    classes = torch.arange(first, inputs.log_prob.shape[1], device=predicted.device)[:, None, None]
    mask = predicted == classes
    mask = mask if inputs.valid is None else mask & inputs.valid
    return mask.to(torch.uint8) + 2 * inputs.indicator[:, first:].to(torch.uint8)


def _sum(regions: _Regions) -> Tensor:
    return regions.values.new_zeros(len(regions.size)).index_add(0, regions.region, regions.values)


def _mean(regions: _Regions) -> Tensor:
    return _sum(regions) / regions.size


def _max(regions: _Regions) -> Tensor:
    return regions.values.new_zeros(len(regions.size)).scatter_reduce(0, regions.region, regions.values, "amax")


def _rms(regions: _Regions) -> Tensor:
    """No root of 0: a predicted class has at least the probability 1/C."""
    return _mean(regions._replace(values=regions.values.square())).sqrt()


_AGGREGATIONS: dict[str, Callable[[_Regions], Tensor]] = {"mean": _mean, "sum": _sum, "max": _max, "rms": _rms}


class TopographLoss(nn.Module):
    """Module form of :func:`topograph_loss`."""

    dimensions: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        connectivity: Literal[4, 8] = 8,
        aggregation: str = "mean",
        include_background: bool = False,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        if connectivity not in (4, 8):
            raise Mistake(f"connectivity: expected 8 or 4, got {connectivity}; 8 is the authors'.")
        check_choice("aggregation", aggregation, _AGGREGATIONS, "mean is the authors'")
        self.connectivity, self.aggregation, self.include_background = connectivity, aggregation, include_background
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return topograph_loss(
            logits,
            target,
            connectivity=self.connectivity,
            aggregation=self.aggregation,
            include_background=self.include_background,
            ignore_index=self.ignore_index,
        )
