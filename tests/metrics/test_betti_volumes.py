"""Betti numbers of volumes: shapes by name, persistent homology, images, borders and patches."""

import numpy as np
import pytest

from cwmi_seg.metrics.betti import BettiError, betti_errors, betti_numbers, euler_characteristic, tiled
from cwmi_seg.metrics.betti_persistence import betti_numbers_by_persistence
from cwmi_seg.topology.masks import Mask
from cwmi_seg.topology.skeletons import centre_lines
from tests.support.masks import random_pairs
from tests.support.volumes import ball, random_volume, torus

RING = torus(17, 5, 1.9)
SHELL = torus(27, 8, 4.6) & ~torus(27, 8, 2.4)
LINKED = torus(25, 6, 1.5, (0, 0, -3)) | torus(25, 6, 1.5, (0, 0, 3), axis=1)
NAMED = {
    "empty": (np.zeros((5, 4, 3), bool), (0, 0, 0)),
    "full": (np.ones((5, 4, 3), bool), (1, 0, 0)),
    "one voxel": (np.ones((1, 1, 1), bool), (1, 0, 0)),
    "ball": (ball(13, 5), (1, 0, 0)),
    "hollow ball": (ball(13, 5) & ~ball(13, 3), (1, 0, 1)),
    "solid torus": (RING, (1, 1, 0)),
    "hollow torus": (SHELL, (1, 2, 1)),
    "linked tori": (LINKED, (2, 2, 0)),
    "torus cut by the border": (RING[:, :8], (1, 0, 0)),
}


def numbers(mask: Mask, *arguments: object) -> tuple[int, ...]:
    """Betti numbers of one volume."""
    return tuple(int(number[0]) for number in betti_numbers(mask[None], *arguments))  # type: ignore[arg-type]


@pytest.mark.parametrize("connectivity", [None, 26, 6])
@pytest.mark.parametrize("name", NAMED)
def test_shapes_by_name(name: str, connectivity: int | None) -> None:
    mask, expected = NAMED[name]
    assert numbers(mask, connectivity) == expected


@pytest.mark.parametrize(("second", "components"), [((1, 1, 1), 2), ((0, 1, 1), 2), ((0, 0, 1), 1)])
def test_voxels_that_touch(second: tuple[int, int, int], components: int) -> None:
    """At a corner, along an edge, by a face."""
    mask = np.zeros((2, 2, 2), bool)
    mask[0, 0, 0] = mask[second] = True
    assert (numbers(mask, 26), numbers(mask, 6)) == ((1, 0, 0), (components, 0, 0))


@pytest.mark.parametrize("connectivity", [26, 6])
def test_numbers_are_those_of_persistent_homology(connectivity: int) -> None:
    generator = np.random.default_rng(connectivity)
    for _ in range(40):
        mask = random_volume(generator, 7)
        assert numbers(mask, connectivity) == betti_numbers_by_persistence(mask, connectivity)  # type: ignore[arg-type]


@pytest.mark.parametrize(("flat", "solid"), [(8, 26), (4, 6)])
def test_a_slice_has_the_numbers_of_its_image(flat: int, solid: int) -> None:
    for mask, _ in random_pairs(20, largest=20):
        for thick in (1, 3):
            assert numbers(np.stack([mask] * thick), solid) == (*numbers(mask, flat), 0)


@pytest.mark.parametrize("connectivity", [26, 6])
def test_a_closed_border_is_a_frame_of_structure(connectivity: int) -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        mask = random_volume(generator, 8)
        framed = np.pad(mask, 1, constant_values=True)
        expected = numbers(mask, connectivity)[0], *numbers(framed, connectivity)[1:]
        assert numbers(mask, connectivity, "closed") == expected
    assert numbers(np.zeros((3, 3, 3), bool), connectivity, "closed") == (0, 0, 1)


@pytest.mark.parametrize("border", ["open", "closed"])
def test_tiles_together_are_tiles_alone(border: str) -> None:
    volume = np.random.default_rng(0).random((9, 14, 11)) > 0.6
    tiles = tiled(volume, 6, 4)
    assert tiles.shape == (2 * 3 * 3, 6, 6, 6)
    together = np.stack(betti_numbers(tiles, 26, border))  # type: ignore[arg-type]
    alone = [numbers(tile, 26, border) for tile in tiles]
    assert together.T.tolist() == [list(row) for row in alone]
    assert tiled(volume, 6).sum() == volume.sum()


def test_the_characteristic_is_an_integer() -> None:
    for connectivity in (26, 6):
        assert euler_characteristic(SHELL[None], connectivity).dtype == np.int64


def test_errors_of_volumes_have_cavities() -> None:
    hollow = NAMED["hollow ball"][0]
    assert betti_errors(hollow, ball(13, 5)) == (0, 0, 1, 1)
    metric = BettiError(connectivity=26, patch_size=8)
    assert metric.names == ("betti_0_error_8", "betti_1_error_8", "betti_2_error_8", "betti_error_8")
    assert metric.score(hollow.astype(np.uint8), hollow.astype(np.uint8)) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("mask", "connectivity", "rule"), [(SHELL, 8, "26 or 6 in a volume, got 8"), (SHELL[0], 26, "8 or 4, got 26")]
)
def test_connectivities_of_the_other_kind_are_refused(mask: Mask, connectivity: int, rule: str) -> None:
    with pytest.raises(ValueError, match=f"connectivity: expected {rule}; use "):
        betti_numbers(mask[None], connectivity)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"connectivity: expected {rule}; use "):
        BettiError(connectivity=connectivity).score(mask.astype(int), mask.astype(int))  # type: ignore[arg-type]


def test_every_component_has_a_centre_line_inside() -> None:
    generator = np.random.default_rng(0)
    for _ in range(60):
        mask = random_volume(generator, 8)
        lines = centre_lines(mask)
        assert not (lines & ~mask).any()
        assert numbers(lines) == numbers(mask)
    innermost = np.argwhere(centre_lines(np.ones((2, 4, 4), bool)))
    assert len(innermost) == 1
