"""Betti numbers against GUDHI's persistent homology and cases worked by hand."""

import csv
import os
from pathlib import Path
from typing import Any

import gudhi
import numpy as np
import pytest

from cwmi_seg.datasets.image_files import read_binary
from cwmi_seg.metrics.betti import BettiError, betti_errors, betti_numbers, tiled
from cwmi_seg.metrics.betti_persistence import betti_numbers_by_persistence
from cwmi_seg.topology.components import Connectivity
from cwmi_seg.topology.masks import Mask
from tests.support.masks import drawn, random_pairs

RING = drawn(".....", ".###.", ".#.#.", ".###.", ".....")
CUT = drawn("#.#", "#.#", "###")  # a ring that the border cuts
CORNER = drawn("#.", ".#")
DIAMOND = drawn(".#.", "#.#", ".#.")
HOLE_AT_A_CORNER = drawn("####", "#.##", "##.#", "####")
EMPTY, FULL = np.zeros((3, 3), bool), np.ones((3, 3), bool)


def numbers(mask: Mask, **options: Any) -> tuple[int, ...]:
    """Of one mask."""
    return tuple(int(number[0]) for number in betti_numbers(mask[None], **options))


@pytest.mark.parametrize(
    ("mask", "eight", "four", "closed"),
    [
        (EMPTY, (0, 0), (0, 0), (0, 1)),
        (FULL, (1, 0), (1, 0), (1, 0)),
        (RING, (1, 1), (1, 1), (1, 2)),
        (CUT, (1, 0), (1, 0), (1, 1)),
        (CORNER, (1, 0), (2, 0), (1, 2)),
        (DIAMOND, (1, 1), (4, 0), (1, 5)),
        (HOLE_AT_A_CORNER, (1, 2), (1, 1), (1, 2)),
    ],
)
def test_the_convention(mask: Mask, eight: tuple[int, int], four: tuple[int, int], closed: tuple[int, int]) -> None:
    assert numbers(mask) == eight
    assert numbers(mask, connectivity=4) == four
    assert numbers(mask, border="closed") == closed


def by_general_persistence(mask: Mask, connectivity: Connectivity) -> tuple[int, ...]:
    cells = {8: "top_dimensional_cells", 4: "vertices"}[connectivity]
    complex_ = gudhi.CubicalComplex(**{cells: np.where(np.pad(mask, 1), 0.0, 1.0)})
    complex_.compute_persistence(homology_coeff_field=2, min_persistence=-1)
    return tuple(complex_.persistent_betti_numbers(0, 0.5)[:2])


@pytest.mark.parametrize("connectivity", [4, 8])
def test_equal_to_persistent_homology(connectivity: Connectivity) -> None:
    for mask, _ in random_pairs(100, largest=40):
        expected = by_general_persistence(mask, connectivity)
        assert betti_numbers(mask[None], connectivity) == expected
        assert betti_numbers_by_persistence(mask, connectivity) == expected


@pytest.mark.parametrize("connectivity", [4, 8])
def test_tiles_are_counted_apart(connectivity: Connectivity) -> None:
    for mask, _ in random_pairs(20):
        tiles = tiled(mask, 16, 12)
        together = np.stack(betti_numbers(tiles, connectivity, "closed"))
        alone = [np.stack(betti_numbers(tile[None].copy(), connectivity, "closed"))[:, 0] for tile in tiles]
        assert np.array_equal(together, np.stack(alone, axis=1))


@pytest.mark.parametrize(
    ("shape", "size", "stride", "tiles"),
    [
        ((128, 128), 64, None, 4),
        ((129, 128), 64, None, 6),
        ((10, 30), 64, None, 1),
        ((128, 100), 64, 32, 9),
        ((5, 5), 1, None, 25),
    ],
)
def test_tiles_cover_the_image(shape: tuple[int, int], size: int, stride: int | None, tiles: int) -> None:
    mask = np.ones(shape, bool)
    assert tiled(mask, size, stride).shape == (tiles, size, size)
    assert tiled(mask, size).sum() == mask.size


def test_errors_are_means_over_tiles() -> None:
    target, prediction = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    target[1, 1] = prediction[5, 5] = True  # equal numbers in the whole image
    assert betti_errors(prediction, target) == (0, 0, 0)
    assert betti_errors(prediction, target, patch_size=4) == (0.5, 0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"patch_size": 0}, "patch_size"),
        ({"stride": 3}, "stride"),
        ({"patch_size": 4, "stride": 5}, "stride"),
        ({"connectivity": 5}, "connectivity"),
        ({"border": "round"}, "border"),
    ],
)
def test_impossible_settings(arguments: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        BettiError(**arguments)  # type: ignore[arg-type]


@pytest.mark.skipif("CWMI_DATA" not in os.environ, reason="set CWMI_DATA to a folder with TopoMortar/")
def test_published_numbers_of_topomortar() -> None:
    folder = Path(os.environ.get("CWMI_DATA", "")) / "TopoMortar"
    rows = list(csv.DictReader((folder / "betti_numbers.csv").read_text().splitlines()))
    assert rows
    for row in rows:
        mask = read_binary(folder / "test" / "accurate" / f"{row['ID']}.png") > 0
        assert numbers(mask) == (int(row["Betti0"]), int(row["Betti1"]))
