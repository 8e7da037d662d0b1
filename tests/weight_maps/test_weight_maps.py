"""Maps of the published implementation, of slow obvious code, and of images where they can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label

from cwmi_seg.topology.skeletons import object_skeletons, skeleton
from cwmi_seg.weight_maps import abw, map_generator, skea_topo, unet
from cwmi_seg.weight_maps._two_nearest import two_nearest
from tests.support.masks import random_pairs

Mask = NDArray[np.uint8]
FILES = sorted((Path(__file__).parents[1] / "goldens").glob("*.npz"))
NAMES = ("unet", "abw", "skea_topo")
CHANNELS = {"unet": 1, "abw": 2, "skea_topo": 4}


def masks(number: int) -> list[Mask]:
    """Masks of any size and density, some with pixels that take no part, empty and full ones among them."""
    generator = np.random.default_rng(1)
    made = [target.astype(np.uint8) for _, target in random_pairs(number, seed=3, largest=40)]
    for mask in made[::3]:
        mask[generator.random(mask.shape) < 0.05] = 255
    return made


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize(("name", "golden_name"), [("unet", "map_unet"), ("abw", "map_abw"), ("skea_topo", "map_skea")])
def test_goldens(path: Path, name: str, golden_name: str) -> None:
    golden = np.load(path)
    made = np.stack([map_generator(name).weight_map(mask) for mask in golden["target"]])
    assert np.abs(made - golden[golden_name].reshape(made.shape)).max() <= 1e-5


def test_two_nearest_is_what_a_distance_transform_of_each_object_gives() -> None:
    for mask in masks(100):
        labels, count = label(mask == 0)
        pixels = np.flatnonzero(mask == 1)
        if count == 0 or len(pixels) == 0:
            continue
        each = np.sort([distance_transform_edt(labels != i).ravel()[pixels] for i in range(1, count + 1)], axis=0)
        first, second = two_nearest(labels, pixels, limit=1000)
        assert np.array_equal(np.sqrt(first), each[0])
        assert np.array_equal(np.sqrt(second), each[min(1, count - 1)])
        near, next_near = np.sqrt(two_nearest(labels, pixels, limit=9))
        total = each[0] + each[min(1, count - 1)]
        assert np.array_equal((near + next_near)[total < 9], total[total < 9])
        assert (near + next_near)[total >= 9].min(initial=9) >= 9


def test_abw_object_by_object() -> None:
    for mask in masks(60):
        made = abw.weight_map(mask)
        labels, count = label(mask == 0)
        distance = distance_transform_edt(mask != 1) if (mask == 1).any() else np.zeros(mask.shape)
        assert (made[0][labels == 0] == 1).all()
        assert np.array_equal(made[1][labels == 0], 30 * (mask == 1)[labels == 0])
        for number in range(1, count + 1):
            d = distance[labels == number]
            s = d.max() / 2.58 or 1
            expected = [1 + 10 * np.exp(-((d.max() - d) ** 2) / (2 * s**2)), 10 * np.exp(-(d**2) / (2 * s**2))]
            np.testing.assert_allclose(made[:, labels == number], expected, rtol=1e-5)


def test_skea_topo_weights() -> None:
    for mask in masks(60):
        objects, structure, background_lines, lines = skea_topo.weight_map(mask)
        assert (objects[mask != 0] == 0).all()
        assert (structure[mask != 1] == 0).all()
        assert np.array_equal(lines > 0, skeleton(mask == 1))
        assert ((objects >= 0) & (objects <= 1)).all()
        assert ((structure >= 0) & (structure <= 2)).all()
        thin = object_skeletons(label(mask == 0)[0])
        assert (background_lines[thin] == 1).all()
        assert (objects[thin] == (1 if (mask == 1).any() else 0)).all()


def test_structure_between_two_objects() -> None:
    mask = np.ones((5, 12), np.uint8)
    mask[:, :4] = mask[:, 7:] = 0  # three columns of structure: distances (1, 3), (2, 2), (3, 1)
    assert unet.weight_map(mask)[0, 2, 4:7] == pytest.approx(10 * np.exp(-16 / 50), rel=1e-6)
    assert skea_topo.weight_map(mask)[1, 2, 4:7] == pytest.approx(1, rel=1e-6)  # D = 2: 1 + (4 - 4) / 4


def test_structure_beside_a_single_object_has_twice_its_distance() -> None:
    mask = np.ones((3, 6), np.uint8)
    mask[:, :2] = 0
    assert unet.weight_map(mask)[0, 1, 2:] == pytest.approx(10 * np.exp(-((2 * np.arange(1, 5)) ** 2) / 50), rel=1e-6)
    assert skea_topo.weight_map(mask)[1, 1, 2:] == pytest.approx(2 - np.arange(1, 5) / 4)


def test_objects_that_meet_at_a_corner_are_two() -> None:
    mask = np.array([[0, 1], [1, 0]], np.uint8)
    assert unet.weight_map(mask)[0, 0, 1] == pytest.approx(10 * np.exp(-4 / 50), rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_no_object_and_no_structure(name: str) -> None:
    constant = {"unet": ([0], [0]), "abw": ([1, 30], [11, 10]), "skea_topo": ([0, 1], [0, 0])}[name]
    for value, expected in zip((1, 0), constant, strict=True):
        made = map_generator(name).weight_map(np.full((9, 7), value, np.uint8))
        assert made.shape == (CHANNELS[name], 9, 7)
        for channel, weight in enumerate(expected):
            assert (made[channel] == weight).all()
    assert (map_generator(name).weight_map(np.full((4, 4), 255, np.uint8))[0] == (1 if name == "abw" else 0)).all()


@pytest.mark.parametrize("name", NAMES)
def test_any_size_and_dtype(name: str) -> None:
    for mask in masks(40):
        made = map_generator(name).weight_map(mask)
        assert made.shape == (CHANNELS[name], *mask.shape)
        assert made.dtype == np.float32
        assert np.isfinite(made).all()


@pytest.mark.parametrize("name", ["unet", "abw"])
def test_maps_turn_with_the_image(name: str) -> None:
    generator = map_generator(name)
    for mask in masks(10):
        turned = generator.weight_map(np.ascontiguousarray(np.rot90(mask)[::-1]))
        np.testing.assert_allclose(turned, np.rot90(generator.weight_map(mask), axes=(1, 2))[:, ::-1], rtol=1e-5)


def test_rows_beyond_1024_and_many_objects() -> None:
    grid = np.ones((1200, 60), np.uint8)
    grid[1::3, 1::3] = 0  # 8,000 objects of one pixel
    made = unet.weight_map(grid)[0]
    assert np.array_equal(made[1050:1140], made[450:540])
    assert set(np.unique(made[6:-6, 6:-6] > 0)) == {False, True}
    assert skea_topo.weight_map(grid[:300]).shape == (4, 300, 60)


def test_an_unknown_map_is_one_clear_line() -> None:
    message = "weight_map: expected one of abw, boundary, skea_topo, skeleton, unet, got voronoi"
    with pytest.raises(ValueError, match=message):
        map_generator("voronoi")
    with pytest.raises(ValueError, match="sigma: expected more than 0"):
        unet.weight_map(np.zeros((4, 4), np.uint8), sigma=0)
