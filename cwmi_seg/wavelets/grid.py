"""Frequencies in physical units, and how many samples a subband has.

With the spacing s_j of the samples along axis j and q_j = s_j / min(s), the angular frequencies are
w_j = 2 pi fftfreq(n_j) / q_j: the finest axis reaches pi, an axis of q = 4 only pi/4. Only ratios of spacings count.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from cwmi_seg.mistakes import Mistake

_AXIS_NAMES = {2: ("images", "height and width"), 3: ("volumes", "depth, height and width")}


class FrequencyGrid(NamedTuple):
    """The frequencies of a DFT, zero first, in float64."""

    radius: Tensor  # r = |w|, of the shape of the spectrum
    direction: Tensor  # u = w / r, d times that shape, 0 at zero frequency
    nyquist: Tensor  # bool: on the Nyquist plane of an axis of even size, where a frequency has no sign


def frequency_grid(
    sizes: Sequence[int],
    spacing: Sequence[float],
    samples: Sequence[int] | None = None,
    *,
    half: bool = False,
) -> FrequencyGrid:
    """The frequencies of images or volumes of ``sizes`` samples.

    Args:
        sizes: samples along each axis.
        spacing: distance of the samples along each axis, any unit.
        samples: only so many of the lowest frequencies of each axis; all by default.
        half: Whether the last axis has only the frequencies that ``rfftn`` gives.
    """
    indices = [torch.fft.fftfreq(m, 1 / m, dtype=torch.float64) for m in samples or sizes]
    # rfftn counts the Nyquist frequency of the last axis as positive, fftfreq as negative
    if half:
        indices[-1] = torch.arange(sizes[-1] // 2 + 1, dtype=torch.float64)
    frequencies = [2 * math.pi / n / q * k for n, q, k in zip(sizes, relative_spacing(spacing), indices, strict=True)]
    vectors = torch.stack(torch.meshgrid(*frequencies, indexing="ij"))
    radius = torch.linalg.vector_norm(vectors, dim=0)
    # a frequency of half the sampling rate is its own negative: no filter can tell its sides apart
    unsigned = [2 * k.abs() == n for n, k in zip(sizes, indices, strict=True)]
    nyquist = torch.stack(torch.meshgrid(*unsigned, indexing="ij")).any(0)
    return FrequencyGrid(radius, vectors / torch.where(radius > 0, radius, 1), nyquist)


def subband_size(sizes: Sequence[int], octaves: int, spacing: Sequence[float]) -> tuple[int, ...]:
    """Samples of a subband whose filter vanishes from r = pi/2^octaves on, rounded up.

    An axis is halved as soon as half of its range reaches that far.
    """
    halvings = _halvings(octaves, spacing)
    return tuple(-(-n // 2**h) for n, h in zip(sizes, halvings, strict=True))


def relative_spacing(spacing: Sequence[float]) -> list[float]:
    """The spacing relative to the finest axis, q_j = s_j / min(s)."""
    return [s / min(spacing) for s in spacing]


def checked_spacing(num_dims: int, spacing: Sequence[float] | None) -> tuple[float, ...]:
    """Check the spacing, one positive number for each axis; ones by default.

    Raises:
        ValueError: another number of them, or one that is not positive and finite.
    """
    if spacing is None:
        return (1.0,) * num_dims
    if len(spacing) != num_dims:
        raise Mistake(
            f"spacing: expected {num_dims} numbers, one for each axis, got {tuple(spacing)}; "
            f"give {_AXIS_NAMES[num_dims][1]}."
        )
    if not all(0 < s < math.inf for s in spacing):
        raise Mistake(
            f"spacing: expected positive numbers, got {tuple(spacing)}; give the distance of the samples, such as 1."
        )
    return tuple(float(s) for s in spacing)


def check_size(name: str, sizes: Sequence[int], num_scales: int, spacing: Sequence[float] | None = None) -> None:
    """Refuse images and volumes whose coarsest scale would have fewer than 4 samples along an axis.

    Raises:
        ValueError: ``name: expected RULE, got VALUE; REPAIR.``
    """
    if num_scales < 1:
        raise Mistake(f"num_scales: expected at least 1, got {num_scales}; use 4 for images of 32 pixels and more.")
    known_spacing = checked_spacing(len(sizes), spacing)
    smallest = _smallest_size(num_scales, known_spacing)
    if _is_enough(sizes, smallest):
        return
    kind, axis_names = _AXIS_NAMES[len(sizes)]
    possible = [n for n in range(1, num_scales) if _is_enough(sizes, _smallest_size(n, known_spacing))]
    repair = f"use num_scales={possible[-1]} or larger {kind}" if possible else f"use larger {kind}"
    rule = smallest[0] if len(set(smallest)) == 1 else ", ".join(map(str, smallest))
    raise Mistake(
        f"{name}: expected {axis_names} of at least {rule} for num_scales={num_scales}, got {tuple(sizes)}; {repair}."
    )


def _smallest_size(num_scales: int, spacing: Sequence[float]) -> list[int]:
    return [4 * 2**h for h in _halvings(num_scales - 1, spacing)]


def _is_enough(sizes: Sequence[int], smallest: Sequence[int]) -> bool:
    return all(n >= least for n, least in zip(sizes, smallest, strict=True))


def _halvings(octaves: int, spacing: Sequence[float]) -> list[int]:
    """The number of times that each axis is halved; 1e-9 is for the rounding of the logarithm."""
    return [max(0, math.floor(octaves - math.log2(q) + 1e-9)) for q in relative_spacing(spacing)]
