"""Betti numbers by persistent homology: the independent check of :mod:`cwmi_seg.metrics.betti`."""

import numpy as np

from cwmi_seg.metrics.betti import Connectivity
from cwmi_seg.topology.masks import Mask, MaskLike, read_masks


def betti_numbers_by_persistence(mask: MaskLike, connectivity: Connectivity = 8) -> tuple[int, int]:
    """b0 and b1 of a mask H W with the open border, by GUDHI's two-dimensional path; slower than labelling.

    The path knows pixels as top-dimensional cells, which is 8-connectivity. The 4-connected structure is what its
    8-connected background leaves: components of the one are holes of the other (Alexander duality).
    """
    (mask,) = read_masks(mask=mask)
    if connectivity == 8:
        return _top_cells(np.pad(mask, 1))
    components, holes = _top_cells(np.pad(~mask, 1, constant_values=True))
    return holes, components - 1


def _top_cells(mask: Mask) -> tuple[int, int]:
    """Intervals [0, 1) and [0, inf) of the filtration that is 0 on the mask and 1 elsewhere."""
    from gudhi.sklearn.cubical_persistence import CubicalPersistence

    cells = np.where(mask, 0.0, 1.0)
    (diagrams,) = CubicalPersistence(homology_dimensions=[0, 1]).fit_transform([cells])
    born = [np.count_nonzero(diagram[:, 0] == 0) for diagram in diagrams]
    return int(born[0]), int(born[1])
