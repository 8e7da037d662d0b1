"""Betti matching by reducing whole boundary matrices: slow, and written from the definition alone."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Pairs = dict[int, int]  # death cell -> birth cell


class Cell(NamedTuple):
    dimension: int
    vertices: tuple[tuple[int, ...], ...]
    faces: tuple[int, ...]  # positions in the list of cells


def cells_of(shape: Sequence[int]) -> list[Cell]:
    """By dimension, then by the first vertex in row-major order, then edges by direction, squares by their normal."""
    found: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
    for vertex in product(*map(range, shape)):
        for extent in product((0, 1), repeat=len(shape)):
            if all(v + e < n for v, e, n in zip(vertex, extent, shape, strict=True)):
                found.append((sum(extent), vertex, extent))
    found.sort(key=lambda cell: (cell[0], cell[1], _direction(cell[2])))
    position = {(vertex, extent): i for i, (_, vertex, extent) in enumerate(found)}
    return [
        Cell(dimension, _vertices(vertex, extent), tuple(position[face] for face in _faces(vertex, extent)))
        for dimension, vertex, extent in found
    ]


def _direction(extent: tuple[int, ...]) -> int:
    return extent.index(1) if sum(extent) == 1 else extent.index(0) if 0 in extent else 0


def _vertices(vertex: tuple[int, ...], extent: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(product(*(range(v, v + e + 1) for v, e in zip(vertex, extent, strict=True))))


def _faces(vertex: tuple[int, ...], extent: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    faces = []
    for axis in np.flatnonzero(extent):
        flat = tuple(0 if a == axis else e for a, e in enumerate(extent))
        moved = tuple(v + (a == axis) for a, v in enumerate(vertex))
        faces += [(vertex, flat), (moved, flat)]
    return faces


def _reduced(cells: list[Cell], columns: Iterable[int], row_rank: NDArray[np.int64]) -> Pairs:
    """Pairs of a boundary matrix with columns in the order given and rows in that of ``row_rank``."""
    column_with: dict[int, set[int]] = {}
    pairs: Pairs = {}
    for death in columns:
        column = set(cells[death].faces)
        while column:
            birth = max(column, key=lambda cell: row_rank[cell])
            if birth not in column_with:
                column_with[birth], pairs[death] = column, birth
                break
            column = column ^ column_with[birth]
    return pairs


def _order(value: Values) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells from the first to the last, and the rank of each; the list is by dimension and position already."""
    order = np.argsort(value, kind="stable")
    return order, np.argsort(order)


def betti_matching_by_matrices(f: Values, g: Values) -> float:
    """The loss of two images of any dimension."""
    cells = cells_of(f.shape)
    h = np.minimum(f, g)
    values = [np.array([max(image[v] for v in cell.vertices) for cell in cells]) for image in (f, g, h)]
    orders = [_order(value) for value in values]
    bars = [_reduced(cells, order, rank) for order, rank in orders]
    nonzero = [
        {birth: death for death, birth in pairs.items() if value[birth] < value[death]}
        for pairs, value in zip(bars[:2], values[:2], strict=True)
    ]
    image_pairs = [_reduced(cells, orders[2][0], rank) for _, rank in orders[:2]]
    matches = []
    for death, birth in bars[2].items():
        first, second = image_pairs[0][death], image_pairs[1][death]
        if values[2][birth] < values[2][death] and first in nonzero[0] and second in nonzero[1]:
            matches.append((first, second))
    total = 0.0
    for first, second in matches:
        ends = nonzero[0].pop(first), nonzero[1].pop(second)
        total += 2 * (values[0][first] - values[1][second]) ** 2 + 2 * (values[0][ends[0]] - values[1][ends[1]]) ** 2
    for alone, value in zip(nonzero, values[:2], strict=True):
        total += sum((value[birth] - value[death]) ** 2 for birth, death in alone.items())
    return float(total)
