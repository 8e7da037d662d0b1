"""Centreline Dice (clDice) score."""

import numpy as np

from cwmi_seg.metrics.per_class import PerClassMetric
from cwmi_seg.topology.masks import IMAGE_OR_VOLUME, Mask, MaskLike, read_masks
from cwmi_seg.topology.skeletons import centre_lines


def cldice_score(prediction: MaskLike, target: MaskLike) -> float:
    """Harmonic mean of |skel(P) & T| / |skel(P)| and |skel(T) & P| / |skel(T)|, in [0, 1].

    1 when each skeleton lies inside the other mask, whatever the thickness; 1 for two empty masks, 0 when one is
    empty. The skeletons are those of Zhang and Suen in images; in volumes those of Lee et al., which thin sheets to
    lines too. What touches the border is thinned like the rest.

    Args:
        prediction, target: structure, H W or D H W.

    Reference: S. Shit et al., clDice, CVPR 2021, arXiv:2003.07311, equations 1 and 2.
    """
    prediction, target = read_masks(IMAGE_OR_VOLUME, prediction=prediction, target=target)
    if not (prediction.any() and target.any()):
        return float(prediction.any() == target.any())
    precision, sensitivity = _covered(prediction, target), _covered(target, prediction)
    return 2 * precision * sensitivity / (precision + sensitivity) if precision and sensitivity else 0.0


cldice = cldice_score
"""The former name of :func:`cldice_score`."""


def _covered(mask: Mask, by: Mask) -> float:
    """Share of the skeleton of one mask that lies in the other."""
    skeleton = _thinned(mask) if mask.ndim == 2 else centre_lines(mask)
    return float(np.count_nonzero(skeleton & by) / np.count_nonzero(skeleton))


def _thinned(mask: Mask) -> Mask:
    from skimage.morphology import skeletonize

    # scikit-image takes no read-only array here
    return skeletonize(np.require(mask, requirements="W"))  # type: ignore[no-untyped-call]


class CenterlineDice(PerClassMetric):
    """:func:`cldice_score` as ``cldice``."""

    names = ("cldice",)

    def score_masks(self, prediction: Mask, target: Mask, valid: Mask | None) -> tuple[float]:
        """clDice of one structure."""
        return (cldice_score(prediction, target),)
