"""Betti matching: structures without a partner at the same place cost their persistence (Stucki et al., ICML 2023)."""

import numpy as np
import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_choice, check_number
from cwmi_seg.losses._filtrations import FILTRATIONS, Filtrations, read_filtrations
from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.topology.bar_matching import Matching, check_engine, match_bars


def betti_matching_loss(
    logits: Tensor,
    target: Tensor,
    filtration: str = "superlevel",
    min_length: float = 0.0,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """Sum over the bars of prediction and target of what their matching leaves, mean over images and classes.

    Bars are the components, the holes and in volumes the cavities that the levels of the probability have, from birth
    to death. Two of prediction and target match when they are the same structure of the union of the levels. A match
    costs twice the squared distance of its ends, 2 (b - b')^2 + 2 (d - d')^2, a bar without a partner (b - d)^2. Each
    class but the background is set against the rest. Ignored pixels are background, in prediction and target.

    The loss sees no pixels but the ends of bars: train it in a sum with an overlap loss. Matchings are made on the CPU
    in every step, as many at a time as torch has threads, by the authors' C++ in the package ``topolosses``; about
    0.5 s for 512x512 pixels.

    Args:
        logits: B C H W (or B 1 H W), or B C D H W; raw.
        target: B H W (B D H W), class index.
        filtration: "superlevel" of the probability (structures 4-connected), "sublevel" (the rest 4-connected), or
            "both", the mean of the two.
        min_length: bars of the prediction without a partner cost only above this length.
        ignore_index: target value of pixels that take no part.

    Returns:
        Scalar in [0, inf): noisy predictions have hundreds of bars.

    Raises:
        ModuleNotFoundError: no package ``topolosses``; :class:`BettiMatchingLoss` says so in one line.

    Reference:
        N. Stucki et al., Topologically faithful image segmentation via induced matching of persistence barcodes,
        arXiv:2211.15272; volumes: arXiv:2407.04683.
    """
    maps = read_filtrations(read_inputs(logits, target, ignore_index), filtration)
    bars = _all_bars(maps)
    true = maps.target.flatten()[torch.from_numpy(bars.second).to(maps.target.device)]
    matched = 2 * (maps.ends(bars.first) - true).square().sum()
    lengths = maps.ends(bars.first_alone).diff(dim=1)
    alone = torch.where(lengths > min_length, lengths.square(), 0).sum()
    return maps.mean(matched + alone + len(bars.second_alone))  # the bars of a mask have length 1


def _all_bars(maps: Filtrations) -> Matching:
    """The matchings of all maps as one, with positions in the flattened tensor of all."""
    first, second = maps.arrays()
    matchings = match_bars(first, second, torch.get_num_threads())
    shifted = [[bars + i * first[0].size for bars in matching] for i, matching in enumerate(matchings)]
    joined = [np.concatenate(bars) for bars in zip(*shifted, strict=True)]
    return Matching(*joined)


class BettiMatchingLoss(nn.Module):
    """Module form of :func:`betti_matching_loss`.

    Raises:
        ValueError: an argument out of range, or no package ``topolosses``.
    """

    def __init__(
        self, filtration: str = "superlevel", min_length: float = 0.0, ignore_index: int | None = None
    ) -> None:
        super().__init__()
        check_choice("filtration", filtration, FILTRATIONS, "superlevel is the authors'")
        check_number("min_length", min_length, "0 is the authors'", least=0, most=1)
        check_engine("betti_matching")
        self.filtration, self.min_length, self.ignore_index = filtration, min_length, ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return betti_matching_loss(logits, target, self.filtration, self.min_length, ignore_index=self.ignore_index)
