"""Regions of an image: polygons, circles, and the run lengths of COCO."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake

Ring = NDArray[np.float64]
"""Corners of a polygon N 2, x and y."""
LARGEST = 2**31
"""Pixels of a run, which no image has; sums of shorter ones do not overflow."""
_CIRCLE = 360
"""Corners of a circle, so that it is off by 4e-5 of its radius."""


@dataclass(frozen=True)
class Region:
    """What one annotation covers: the union of its polygons, or run lengths.

    Args:
        label: Name of the class.
        rings: The polygons; where one crosses itself, what is inside an odd number of times counts.
        runs: Lengths of background and region in turns, down the columns of the image from the left one on.
        is_void: Whether its pixels take no part where no other region is.
    """

    label: str
    rings: tuple[Ring, ...] = ()
    runs: NDArray[np.int64] | None = None
    is_void: bool = False

    def paint(self, mask: NDArray[np.int32], value: int) -> None:
        """Set the pixels of the region in a mask H W; what reaches beyond the image is cut off.

        Raises:
            ValueError: The run lengths are of another size.
        """
        if self.runs is not None:
            mask[_unrolled(self.runs, (mask.shape[0], mask.shape[1]))] = value
        for ring in self.rings:
            mask[_filled(ring, (mask.shape[0], mask.shape[1]))] = value


@dataclass(frozen=True)
class Outlined:
    """One image as an annotation file has it: name of its file, height and width, and regions, the uppermost last."""

    file: str
    shape: tuple[int, int]
    regions: tuple[Region, ...]


def ring_of(numbers: object) -> Ring:
    """A polygon of x, y, x, y, ... or of pairs of them.

    Raises:
        ValueError: It has fewer than three corners, or something else than numbers.
    """
    flat = np.asarray(numbers, dtype=np.float64).reshape(-1)
    if len(flat) < 6 or len(flat) % 2 or not np.isfinite(flat).all():
        raise Mistake(f"expected x and y of at least three corners, got {len(flat)} numbers")
    return flat.reshape(-1, 2)


def rectangle(corners: object) -> Ring:
    """The rectangle between two opposite corners."""
    (left, top), (right, bottom) = np.asarray(corners, dtype=np.float64)
    return ring_of([left, top, right, top, right, bottom, left, bottom])


def circle(points: object) -> Ring:
    """The circle around the first point through the second."""
    centre, edge = np.asarray(points, dtype=np.float64)
    turn = np.linspace(0, 2 * np.pi, _CIRCLE, endpoint=False)
    return ring_of(centre + np.hypot(*(edge - centre)) * np.stack([np.cos(turn), np.sin(turn)], axis=1))


def run_lengths(counts: str | Sequence[int]) -> NDArray[np.int64]:
    """Run lengths as a list, or packed into text by the COCO tools.

    Each number has five bits a character, the lowest first, and a sixth that says whether it goes on; from the fourth
    number on it is the difference from the one before the last.

    Raises:
        ValueError: They are none.
    """
    found = _unpacked(counts) if isinstance(counts, str) else [int(count) for count in counts]
    if not all(0 <= count <= LARGEST for count in found):
        raise Mistake(f"expected run lengths of 0 to {LARGEST}, got others")
    return np.array(found, dtype=np.int64)


def _unpacked(text: str) -> list[int]:
    counts: list[int] = []
    number = bits = 0
    for code in text.encode("ascii"):
        code -= 48
        number |= (code & 0x1F) << bits
        bits += 5
        if code & 0x20:
            continue
        if code & 0x10:
            number -= 1 << bits
        counts.append(number + (counts[-2] if len(counts) > 2 else 0))
        number = bits = 0
    return counts


def _unrolled(runs: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    if int(runs.sum()) != shape[0] * shape[1]:
        raise Mistake(f"expected run lengths of {shape[0]} x {shape[1]} pixels, got {int(runs.sum())}")
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(shape[::-1]).T


def _filled(ring: Ring, shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the pixels whose centres are inside."""
    from skimage.draw import polygon

    # skimage counts from the centre of the first pixel, and beyond the bounds of an integer it wraps around
    bounded = np.clip(ring - 0.5, -(2**30), 2**30)
    rows, columns = polygon(bounded[:, 1], bounded[:, 0], shape)  # type: ignore[no-untyped-call]
    return rows, columns
