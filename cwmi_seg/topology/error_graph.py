"""The component graph of Topograph: which regions of wrong pixels change the topology of a mask."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Labels = NDArray[np.int64]

_RIGHT_BACKGROUND, _FALSE, _MISSED, _RIGHT_STRUCTURE = range(4)  # prediction + 2 target
_VALUES = np.array([-4, 1, 2, 16], np.int8)
"""Value of each code, chosen so that the difference of the diagonals of 2x2 pixels tells which corners join pairs."""


class _Edges(NamedTuple):
    """Pairs of neighbouring regions, 2 E each; a pair is in one of the two."""

    ordinary: Labels
    special: Labels  # two equal errors that meet at a corner between right background and the other error


def critical_regions(codes: Codes, connectivity: Literal[4, 8] = 8) -> Labels:
    """Number the regions whose error changes the topology by 1..N, and 0 elsewhere; H W.

    Regions are the 4-connected components of equal codes, equal errors that share an ordinary corner being one
    region. The graph joins regions that share a pixel side, or a corner that the structure passes through. A region of
    false structure that touches one region of background and one structure of the target can be taken away without
    a change of topology, and a missed region likewise with the structures of the prediction: all others are critical.

    Args:
        codes: 0 right background, 1 false structure, 2 missed structure, 3 right structure; H W.
        connectivity: Connectivity of the structure, 8 or 4; the background has the other one.

    Reference: L. Lux, A. H. Berger et al., Topograph, arXiv:2411.03228.
    """
    if not _is_wrong(codes).any():
        return np.zeros(codes.shape, np.int64)
    labels, code = _regions(codes)
    edges = _edges(codes, labels, code, connectivity)
    merged = _components(edges.ordinary[:, _same_error(edges.ordinary, code)], len(code))
    critical = _is_critical(edges, code, merged)
    return np.where(critical, critical.cumsum(), 0)[merged[labels]]


def _is_wrong(codes: Codes) -> NDArray[np.bool_]:
    return (codes == _FALSE) | (codes == _MISSED)


def _regions(codes: Codes) -> tuple[Labels, Codes]:
    """Labels 0..n-1 of the components of equal codes, H W, and the code of each."""
    import cc3d

    labels = cc3d.connected_components(codes + np.uint8(1), connectivity=4).astype(np.int64) - 1
    code = np.zeros(labels.max() + 1, np.uint8)
    code[labels] = codes
    return labels, code


def _edges(codes: Codes, labels: Labels, code: Codes, connectivity: Literal[4, 8]) -> _Edges:
    corners, special = _corners(codes, labels, connectivity)
    seldom = _unique(special, len(code))
    either = _unique(np.concatenate([_sides(codes, labels), corners], axis=1), len(code))
    often = np.setdiff1d(either, seldom, assume_unique=True)  # a special pair stays so wherever else it meets
    return _Edges(np.stack(np.divmod(often, len(code))), np.stack(np.divmod(seldom, len(code))))


def _sides(codes: Codes, labels: Labels) -> Labels:
    """Regions that share a side, without the many pairs of two right ones, which say nothing about an error."""
    wrong = _is_wrong(codes)
    rows = (codes[:-1] != codes[1:]) & (wrong[:-1] | wrong[1:])
    columns = (codes[:, :-1] != codes[:, 1:]) & (wrong[:, :-1] | wrong[:, 1:])
    pairs = [_pairs(labels[:-1], labels[1:], rows), _pairs(labels[:, :-1], labels[:, 1:], columns)]
    return np.concatenate(pairs, axis=1)


def _corners(codes: Codes, labels: Labels, connectivity: Literal[4, 8]) -> tuple[Labels, Labels]:
    """Regions that meet at a corner which the structure passes through, and the special ones."""
    value = (_VALUES if connectivity == 8 else _VALUES[[3, 1, 2, 0]])[codes]
    difference = value[:-1, :-1] + value[1:, 1:] - value[:-1, 1:] - value[1:, :-1]
    # With 8: 4 is two false pixels between right background and a missed pixel, 7 two missed pixels between right
    # background and a false one; above 7 the structure passes through, or both are right, which no error sees. With 4
    # the right background has the part of the right structure.
    falling, rising = (labels[:-1, :-1], labels[1:, 1:]), (labels[:-1, 1:], labels[1:, :-1])
    ordinary, special = [], []
    for pair, size in ((falling, difference), (rising, -difference)):
        ordinary.append(_pairs(*pair, size > 7))
        special.append(_pairs(*pair, (size == 4) | (size == 7)))
    return np.concatenate(ordinary, axis=1), np.concatenate(special, axis=1)


def _pairs(first: Labels, second: Labels, chosen: NDArray[np.bool_]) -> Labels:
    return np.stack([first[chosen], second[chosen]])


def _unique(pairs: Labels, number: int) -> Labels:
    """Each unordered pair of two of ``number`` regions once, as ``smaller number + larger``."""
    smaller, larger = pairs.min(axis=0), pairs.max(axis=0)
    return np.unique((smaller * number + larger)[smaller != larger])


def _same_error(pairs: Labels, code: Codes) -> NDArray[np.bool_]:
    first, second = code[pairs]
    return (first == second) & (first != _RIGHT_BACKGROUND)


def _components(pairs: Labels, number: int) -> Labels:
    """Component of each of ``number`` regions in the graph of ``pairs``."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(pairs.shape[1], np.int8), pairs), (number, number))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _is_critical(edges: _Edges, code: Codes, merged: Labels) -> NDArray[np.bool_]:
    """Whether each merged region is wrong and not beside exactly one background and one structure."""
    number, size = len(code), int(merged.max()) + 1
    source, neighbour = np.concatenate([edges.ordinary, edges.ordinary[::-1]], axis=1)
    seen = _is_wrong(code[source]) & (merged[source] != merged[neighbour])
    source, neighbour = source[seen], neighbour[seen]
    structure = number + _structure_beside(edges, code, source, neighbour)
    beside = np.where(code[neighbour] == _RIGHT_BACKGROUND, neighbour, structure)
    region, beside = np.divmod(np.unique(merged[source] * (2 * number) + beside), 2 * number)
    backgrounds = np.bincount(region[beside < number], minlength=size)
    structures = np.bincount(region[beside >= number], minlength=size)
    wrong = np.zeros(size, bool)
    wrong[merged[_is_wrong(code)]] = True
    return wrong & ~((backgrounds == 1) & (structures == 1))


def _structure_beside(edges: _Edges, code: Codes, source: Labels, neighbour: Labels) -> Labels:
    """The structure a neighbour belongs to: of the target beside a false region, of the prediction beside a missed."""
    true = _structures(edges, code, (_MISSED, _RIGHT_STRUCTURE))
    predicted = _structures(edges, code, (_FALSE, _RIGHT_STRUCTURE))
    return np.where(code[source] == _FALSE, true[neighbour], predicted[neighbour])


def _structures(edges: _Edges, code: Codes, codes: tuple[int, int]) -> Labels:
    """Number of the connected structure that each region of ``codes`` belongs to."""
    pairs = np.concatenate(edges, axis=1)
    inside = np.isin(code, codes)
    return _components(pairs[:, inside[pairs].all(axis=0)], len(code))
