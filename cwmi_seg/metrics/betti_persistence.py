"""Betti numbers by persistent homology: the independent check of :mod:`cwmi_seg.metrics.betti`."""

import numpy as np

from cwmi_seg.topology.components import CONNECTIVITIES, Connectivity, check_connectivity
from cwmi_seg.topology.masks import IMAGE_OR_VOLUME, Mask, MaskLike, read_masks


def betti_numbers_by_persistence(mask: MaskLike, connectivity: Connectivity | None = None) -> tuple[int, ...]:
    """Count b0 and b1 of a mask H W, and b2 of a volume D H W, with the open border, by GUDHI; slower than labelling.

    GUDHI's two-dimensional path knows pixels as top-dimensional cells, which is 8-connectivity. The 4-connected
    structure is what its 8-connected background leaves: components of the one are holes of the other (Alexander
    duality).
    """
    (mask,) = read_masks(IMAGE_OR_VOLUME, mask=mask)
    connectivity = CONNECTIVITIES[mask.ndim][0] if connectivity is None else connectivity
    check_connectivity(connectivity, mask.ndim)
    if mask.ndim == 3:
        return _volume(mask, connectivity)
    if connectivity == 8:
        return _top_cells(np.pad(mask, 1))
    # the padding makes one component of all background at the border: no hole of the structure
    components, holes = _top_cells(np.pad(~mask, 1, constant_values=True))
    return holes, components - 1


def _top_cells(mask: Mask) -> tuple[int, int]:
    """Intervals [0, 1) and [0, inf) of the filtration that is 0 on the mask and 1 elsewhere."""
    from gudhi.sklearn.cubical_persistence import CubicalPersistence

    cells = np.where(mask, 0.0, 1.0)
    (diagrams,) = CubicalPersistence(homology_dimensions=[0, 1]).fit_transform([cells])
    born = [np.count_nonzero(diagram[:, 0] == 0) for diagram in diagrams]
    return int(born[0]), int(born[1])


def _volume(mask: Mask, connectivity: Connectivity) -> tuple[int, ...]:
    """Classes that are there at 0 of the same filtration; with 6-connectivity the voxels are the vertices."""
    from gudhi import CubicalComplex

    cells = np.where(np.pad(mask, 1), 0.0, 1.0)
    complex_ = CubicalComplex(vertices=cells) if connectivity == 6 else CubicalComplex(top_dimensional_cells=cells)
    complex_.compute_persistence()
    return tuple(map(int, complex_.persistent_betti_numbers(0, 0.5)[:3]))
