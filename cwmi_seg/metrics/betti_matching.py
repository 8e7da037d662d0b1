"""Betti matching error: components and holes that have no partner at the same place in the other mask."""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.bar_matching import load_engine
from cwmi_seg.topology.components import Connectivity, check_connectivity
from cwmi_seg.topology.masks import Mask, MaskLike, read_masks


def betti_matching_errors(prediction: MaskLike, target: MaskLike, connectivity: Connectivity = 8) -> tuple[int, int]:
    """Count the unmatched components and the unmatched holes of both masks, by the authors' code in ``topolosses``.

    Zero for equal masks, but not for them alone, and never less than the Betti errors. Two components match when they
    lie in one component of the union of the masks, though they may share no pixel; of several in one component of the
    union, one of each mask matches. Holes match likewise through the holes of the union. Which of several equal ones
    matches is a tie, broken by the order of the pixels, and the number of holes matched may hang on it: mirrored
    masks may have 2 unmatched holes where the masks have none. The border is open: the image is padded with background,
    and with a frame around it that is the same in both masks, so that the code counts the first component too.

    Args:
        prediction, target: structure, H W.
        connectivity: Connectivity of the structure, 8 or 4; the background has the other one.

    Returns:
        Numbers of unmatched components and of unmatched holes.

    Reference: N. Stucki et al., Topologically faithful image segmentation via induced matching of persistence
    barcodes, ICML 2023.
    """
    prediction, target = read_masks(prediction=prediction, target=target)
    predicted, true = _filtration(prediction, connectivity), _filtration(target, connectivity)
    matching = load_engine().compute_matching(predicted, true)
    unmatched = np.asarray(matching.num_unmatched_input1) + np.asarray(matching.num_unmatched_input2)
    return int(unmatched[0]), int(unmatched[1])


def _symmetries(mask: Mask) -> Iterator[Mask]:
    """The mask turned and mirrored in the eight ways of the square."""
    for turned in (mask, mask.T):
        yield from (turned, turned[::-1], turned[:, ::-1], turned[::-1, ::-1])


def _filtration(mask: Mask, connectivity: Connectivity) -> NDArray[np.float64]:
    """0 on the structure and the frame, 1 elsewhere, for a complex with pixels as vertices."""
    cells = _cells(mask) if connectivity == 8 else mask
    # The code leaves out the bar that is born first; the frame is that bar in both masks, so that no component is.
    return np.where(np.pad(np.pad(cells, 1), 1, constant_values=True), 0.0, 1.0)


def _cells(mask: Mask) -> Mask:
    """Faces, edges and vertices of the complex with pixels as faces, as pixels of an image of twice the size."""
    height, width = mask.shape
    cells = np.zeros((2 * height + 1, 2 * width + 1), bool)
    for row in range(3):
        for column in range(3):
            cells[row : row + 2 * height - 1 : 2, column : column + 2 * width - 1 : 2] |= mask
    return cells


class BettiMatchingError(PerClassMetric):
    """``betti_matching_0_error``, ``betti_matching_1_error`` and their sum, ``betti_matching_error``.

    Args:
        num_classes, ignore_index: Number of classes and ignored value, as in the base class.
        connectivity: Connectivity of the structure, 8 or 4.
        symmetric: Takes the mean over the masks turned and mirrored in all eight ways, which does not depend on how the
            image lies; eight times the time.

    Raises:
        ValueError: The package ``topolosses`` is not installed.
    """

    axes = (2,)
    names = ("betti_matching_0_error", "betti_matching_1_error", "betti_matching_error")

    def __init__(
        self,
        num_classes: int = 2,
        ignore_index: int | None = None,
        connectivity: Connectivity = 8,
        symmetric: bool = False,
    ) -> None:
        super().__init__(num_classes, ignore_index)
        check_connectivity(connectivity, ndim=2)
        if find_spec("topolosses") is None:
            raise Mistake(
                "betti_matching: expected the package topolosses, got none; run pip install 'cwmi-seg[topology]'."
            )
        self.connectivity, self.symmetric = connectivity, symmetric

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float, float, float]:
        """The errors of one structure."""
        pairs = zip(_symmetries(prediction), _symmetries(target), strict=True)
        some = pairs if self.symmetric else [(prediction, target)]
        components, holes = np.mean([betti_matching_errors(*pair, self.connectivity) for pair in some], axis=0).tolist()
        return components, holes, components + holes
