"""SPW: cross-entropy weighted by the steerable pyramids of target and prediction (Lu et al., arXiv:2503.06604)."""

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.losses._arguments import check_choice, check_number
from cwmi_seg.losses._class_weights import class_weights
from cwmi_seg.losses._inputs import Inputs, read_inputs
from cwmi_seg.losses._overlap import one_minus_mean_overlap
from cwmi_seg.wavelets import decompose


def spw_loss(
    logits: Tensor,
    target: Tensor,
    num_scales: int = 4,
    num_orientations: int = 4,
    weight: float = 10.0,
    decay: float = 0.9,
    base: str = "balanced_cross_entropy",
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """A base loss, plus the mean over the pixels of ``-W log p_c`` with the map W of :func:`pyramid_map`.

    W is large where target or prediction have edges and lines of any width, so thin structures and their false and
    missing parts count most. No gradient flows through it. The balanced base makes the whole the mean of
    ``-(W + w_c) log p_c`` with the class weights w_c of each image; the base "dice" is 1 - mean over images and classes
    of the Dice with squared denominators. Ignored pixels are background, in prediction and target.

    Two faults of the published code are not followed: its frequency grid is off by one bin, and its class
    weights mix the images of a batch. It also adds 1e-7 to p_c, which takes the gradient from pixels that are surely
    wrong; relative differences of 1e-6 come from there.

    Args:
        logits: B 2 H W (or B 1 H W), raw.
        target: B H W, class index.
        num_scales: N, at least 1; sizes are filled up with background to multiples of 2^N of at least 2^(N+1).
        num_orientations: K, at least 2.
        weight: Weight of the map, at least 0.
        decay: Factor of the map from scale to scale, at least 0.
        base: "balanced_cross_entropy", "dice" or "none".
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), nats.

    Raises:
        ValueError: a volume, or more than two classes.

    Example:
        >>> target = torch.zeros(1, 32, 32, dtype=torch.long)
        >>> target[:, :, 10:12] = 1
        >>> missed, wide = torch.zeros_like(target), target.index_fill(2, torch.tensor([12, 13]), 1)
        >>> z = [spw_loss(torch.stack([1 - y, y], 1) * 4.0, target) for y in (missed, wide)]
        >>> bool(z[0] > z[1])  # though as many pixels are wrong
        True

    Reference:
        R. Lu, arXiv:2503.06604.
    """
    inputs = read_inputs(logits, target, ignore_index, SPWLoss.dimensions, SPWLoss.multiclass)
    prob, structure = inputs.prob()[:, 1].detach(), inputs.indicator[:, 1]
    pixel_weight = weight * pyramid_map(prob, structure, num_scales, num_orientations, decay)
    weighted = (pixel_weight[:, None] * inputs.indicator * inputs.log_prob).sum() / inputs.num_pixels()
    return _BASES[base](inputs) - weighted


def pyramid_map(prediction: Tensor, target: Tensor, num_scales: int, num_orientations: int, decay: float) -> Tensor:
    """``sum_i decay^i U^i(m_i)``, i from 0 (the finest scale) on, B H W in and out.

    m_i is the sum of the magnitudes of the complex bands of scale i, of both images. U doubles the size as the
    published code does (:func:`_doubled`), which is not quite an interpolation.
    """
    height, width = target.shape[-2:]
    padded = F.pad(torch.stack([prediction, target]), (0, _missing(width, num_scales), 0, _missing(height, num_scales)))
    total = torch.zeros_like(padded[0])
    for i, bands in enumerate(decompose(padded, num_scales, num_orientations).bands):
        magnitude = bands.abs().sum((0, 2))
        for _ in range(i):
            magnitude = _doubled(magnitude)
        total += decay**i * magnitude
    return total[:, :height, :width]


def _missing(length: int, num_scales: int) -> int:
    """The pixels that are missing to the next multiple of 2^N and to the least size of the pyramid."""
    return max(-length % 2**num_scales, 2 ** (num_scales + 1) - length)


def _doubled(image: Tensor) -> Tensor:
    """Magnitude of ... H W interpolated to ... 2H 2W by zeros in its spectrum, divided by 4.

    A pyramid that is cropped in frequency without a gain is 4 times as large from scale to scale, which the division
    undoes. The Nyquist row and column of the spectrum are copied like the others, where an interpolation halves them.
    """
    height, width = image.shape[-2:]
    spectrum = F.pad(torch.view_as_real(torch.fft.rfft2(image)), (0, 0, 0, width // 2))
    positive, negative = torch.tensor_split(torch.view_as_complex(spectrum), 2, dim=-2)
    doubled = torch.cat([positive, positive.new_zeros(*image.shape[:-2], height, width + 1), negative], dim=-2)
    return torch.fft.irfft2(doubled, s=(2 * height, 2 * width)).abs()


def _balanced_cross_entropy(inputs: Inputs) -> Tensor:
    return -(class_weights(inputs.indicator) * inputs.class_sums(inputs.log_prob)).sum() / inputs.num_pixels()


def _dice(inputs: Inputs) -> Tensor:
    """1 - mean over images and classes; a class that is absent from an image contributes 0."""
    prob, number = inputs.prob(), inputs.indicator.sum((2, 3)).flatten()
    size = prob.square().sum((2, 3)).flatten() + number
    return one_minus_mean_overlap(2 * inputs.class_sums(prob).flatten(), size, number)


def _none(inputs: Inputs) -> Tensor:
    return inputs.log_prob.new_zeros(())


_BASES: dict[str, Callable[[Inputs], Tensor]] = {
    "balanced_cross_entropy": _balanced_cross_entropy,
    "dice": _dice,
    "none": _none,
}


class SPWLoss(nn.Module):
    """Module form of :func:`spw_loss`."""

    dimensions: ClassVar[tuple[int, ...]] = (2,)
    multiclass: ClassVar[bool] = False

    def __init__(
        self,
        num_scales: int = 4,
        num_orientations: int = 4,
        weight: float = 10.0,
        decay: float = 0.9,
        base: str = "balanced_cross_entropy",
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        check_number("num_scales", num_scales, "4 is the authors'", least=1, whole=True)
        check_number("num_orientations", num_orientations, "4 is the authors'", least=2, whole=True)
        check_number("weight", weight, "10 is the authors'", least=0)
        check_number("decay", decay, "0.9 is the authors'", least=0)
        check_choice("base", base, _BASES, "balanced_cross_entropy is the authors'")
        self.num_scales, self.num_orientations = num_scales, num_orientations
        self.weight, self.decay, self.base = weight, decay, base
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return spw_loss(
            logits,
            target,
            num_scales=self.num_scales,
            num_orientations=self.num_orientations,
            weight=self.weight,
            decay=self.decay,
            base=self.base,
            ignore_index=self.ignore_index,
        )
