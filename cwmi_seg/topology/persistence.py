"""Bars of the persistent homology of images and volumes, as pairs of pixels."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Bars = NDArray[np.int64]


def finite_bars(values: Values) -> list[Bars]:
    """Find the pixels (birth, death) of the finite bars of the sublevel filtration, K 2 for each dimension 0..d-1.

    Pixels are the vertices of the cubical complex, and a cell comes with the last of its vertices: structures are
    4-connected (6-connected in volumes). Equal values come in the order of the pixels, so among the bars there
    are some whose two values are equal. The bar that never dies is left out. Images take GUDHI's two-dimensional path,
    which needs a tenth of the time of its complex for any dimension (0.05 against 0.5 s for 512x512 pixels); volumes
    take the latter, seconds for 64x64x64 voxels.

    Args:
        values: H W or D H W, no NaN.

    Returns:
        Positions in the flattened array.
    """
    order = np.argsort(values, axis=None, kind="stable")
    # ranks in place of values: all differ, and the bars come back as places, not as values that several pixels have
    rank = np.empty(order.size)
    rank[order] = np.arange(order.size)
    ranks = (_bars_of_image if values.ndim == 2 else _bars_of_volume)(rank.reshape(values.shape))
    return [order[bars.astype(np.int64)] for bars in ranks]


def _bars_of_image(rank: Values) -> list[Values]:
    """The bars of an image, by duality: the fast path takes pixels as faces (8-connected), not as vertices.

    The components of the sublevels are the holes of what remains, and their holes its components, once a frame stands
    around the image: from the last rank to the first, with the frame before all. The hole within the frame is that
    of the bar that never dies.

    Reference: A. Garin et al., Duality in persistent homology of images, arXiv:2005.04597.
    """
    from gudhi.sklearn.cubical_persistence import CubicalPersistence

    framed = np.pad(rank.size - rank, 1)
    ((components, holes),) = CubicalPersistence(homology_dimensions=[0, 1]).fit_transform([framed])
    # the frame never dies; the hole within it is born with it, at 0
    components, holes = components[np.isfinite(components[:, 1])], holes[holes[:, 0] > 0]
    return [rank.size - holes[:, ::-1], rank.size - components[:, ::-1]]


def _bars_of_volume(rank: Values) -> list[Values]:
    from gudhi import CubicalComplex

    complex = CubicalComplex(vertices=rank)
    complex.compute_persistence()
    intervals = [complex.persistence_intervals_in_dimension(dimension) for dimension in range(rank.ndim)]
    return [bars[np.isfinite(bars[:, 1])] for bars in intervals]
