"""Every metric on volumes D H W, against other packages, closed forms, and the same metric on images."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from scipy.spatial.distance import cdist

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.target import targets_of
from cwmi_seg.metrics.cldice import cldice
from cwmi_seg.metrics.clustering import (
    adapted_rand_error,
    adjusted_rand_index,
    label_contingency,
    object_contingency,
    variation_of_information,
)
from cwmi_seg.metrics.hausdorff import Hausdorff, boundary, hausdorff_distances, nearest_distances
from cwmi_seg.metrics.overlap import overlap
from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.metrics.surface_dice import SurfaceDice, surface_dice
from cwmi_seg.topology.masks import Mask
from cwmi_seg.training.build import build_metrics
from tests.support.masks import drawn, random_pairs
from tests.support.volumes import ball, random_volume_pairs, torus


def of_the_test(name: str) -> Any:
    """The metrics of the test images in a group."""
    groups: Any = OmegaConf.load(conf_dir() / "metrics" / f"{name}.yaml")
    return groups["test"]


CONFIG, IMAGES = of_the_test("volumes"), of_the_test("default")
DEEPMIND = json.loads((Path(__file__).parents[1] / "goldens" / "surface_dice.json").read_text())
SPACINGS = (None, (3.0, 1.0, 0.5))

# objects


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_adapted_rand_error_is_that_of_scikit_image() -> None:
    from skimage.measure import label
    from skimage.metrics import adapted_rand_error as theirs

    compared = 0
    for prediction, target in (*random_volume_pairs(50, largest=8), *random_pairs(20, largest=20)):
        labels = [label(~mask, connectivity=1) for mask in (prediction, target)]
        expected = theirs(labels[1], labels[0], ignore_labels=(0,))[0]
        if np.isfinite(expected):
            compared += 1
            assert adapted_rand_error(object_contingency(prediction, target)) == pytest.approx(expected, abs=1e-12)
            assert adapted_rand_error(label_contingency(*labels)) == pytest.approx(expected, abs=1e-12)
    assert compared > 50


def test_labels_and_masks_give_one_table() -> None:
    from skimage.measure import label

    for prediction, target in random_volume_pairs(30):
        labels = [label(~mask, connectivity=1) * 7 for mask in (prediction, target)]
        by_labels, by_masks = label_contingency(*labels), object_contingency(prediction, target)
        assert adjusted_rand_index(by_labels) == pytest.approx(adjusted_rand_index(by_masks), abs=1e-12)
        assert variation_of_information(by_labels) == pytest.approx(variation_of_information(by_masks), abs=1e-9)
    with pytest.raises(ValueError, match="target: expected labels of at least 0, got -1"):
        label_contingency(np.zeros((2, 2), int), np.full((2, 2), -1))


@pytest.mark.parametrize(
    ("prediction", "target", "error"),
    [
        ("..#..", "..#..", 0),
        ("....", "..#.", 1 - 2 * 1 / (3 + 1)),  # two objects of 2 and 1 as one of 3: pairs 1, 3, 1
        ("..#.", "....", 1 - 2 * 1 / (1 + 6)),  # the structure is a label of one pixel
        ("####", "....", 0),  # one object, one label
        ("....", "####", 0),
        (".##.", "####", 1 - 0),  # no target: objects of one pixel, which no labelling parts
        ("####", "####", 0),
        ("#.#.", "#.#.", 0),
    ],
)
def test_adapted_rand_error_by_hand(prediction: str, target: str, error: float) -> None:
    table = object_contingency(drawn(prediction), drawn(target))
    assert adapted_rand_error(table) == pytest.approx(error, abs=1e-15)


# distances and surfaces


@pytest.mark.parametrize("spacing", SPACINGS)
def test_hausdorff_distances_by_all_pairs(spacing: tuple[float, ...] | None) -> None:
    for prediction, target in random_volume_pairs(25, largest=6):
        if not (prediction.any() and target.any()):
            diagonal = np.linalg.norm(np.multiply(target.shape, spacing or 1)) * (prediction.any() or target.any())
            assert hausdorff_distances(prediction, target, spacing) == pytest.approx((diagonal, diagonal))
            continue
        found = hausdorff_distances(prediction, target, spacing)
        whole = _all_pairs(prediction, target, spacing)
        edges = _all_pairs(_inner_boundary(prediction), _inner_boundary(target), spacing)
        assert found[0] == pytest.approx(max(whole.min(1).mean(), whole.min(0).mean()), rel=1e-12)
        expected = max(np.percentile(edges.min(axis), 95) for axis in (0, 1))
        assert found[1] == pytest.approx(expected, rel=1e-12)


def _all_pairs(first: Mask, second: Mask, spacing: tuple[float, ...] | None) -> np.ndarray:
    return cdist(*(np.argwhere(mask) * np.array(spacing or (1, 1, 1)) for mask in (first, second)))


def _inner_boundary(mask: Mask) -> Mask:
    """By looking at every voxel."""
    padded, found = np.pad(mask, 1), np.zeros_like(mask)
    for place in np.argwhere(mask):
        beside = [padded[tuple(place + 1 + step * np.eye(3, dtype=int)[axis])] for axis in range(3) for step in (-1, 1)]
        found[tuple(place)] = not all(beside)
    assert (boundary(mask) == found).all()
    return found


def test_distances_scale_with_the_spacing() -> None:
    for prediction, target in random_pairs(15, largest=20):
        once, twice = (hausdorff_distances(prediction, target, spacing) for spacing in (None, (2.0, 2.0)))
        assert twice == pytest.approx([2 * value for value in once], rel=1e-12)
    mask = np.zeros((1, 8), bool)
    mask[0, 0] = True
    assert nearest_distances(~mask, mask, (1.0, 0.1)).tolist() == [step * 0.1 for step in range(1, 8)]


@pytest.mark.parametrize("case", DEEPMIND, ids=lambda case: f"{case['seed']}")
def test_surface_dice_is_that_of_its_authors(case: dict[str, Any]) -> None:
    """Values of the package surface-distance 0.1, written by scripts/check_volume_metrics.py."""
    prediction, target = np.random.default_rng(case["seed"]).random((2, *case["shape"])) > case["density"]
    value = surface_dice(prediction, target, case["tolerance"], case["spacing"])
    assert value == pytest.approx(case["value"], abs=1e-9)


def test_surface_dice_by_hand() -> None:
    empty, one, other = np.zeros((9, 9), bool), np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    one[2, 2] = other[2, 5] = True
    assert surface_dice(empty, empty) == surface_dice(one, one, 0) == 1
    assert surface_dice(one, empty) == surface_dice(empty, one, 100) == 0
    assert surface_dice(one, other, 1) == 0
    assert surface_dice(one, other, 2) == 0.5  # two of four corners of each
    assert surface_dice(one, other, 0.6, (0.3, 0.3)) == 0.5
    assert surface_dice(one, other, 3) == 1
    slab, shifted = (np.zeros((6, 20, 20), bool) for _ in range(2))
    slab[1:3], shifted[1:4] = True, True
    near = surface_dice(slab, shifted, 0.5)  # one of the two faces, and the rim
    assert 0.5 < near < 1
    assert surface_dice(slab, shifted, 1) == 1
    assert surface_dice(slab, shifted, 1, (2, 2, 2)) == pytest.approx(near)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tolerance": -1}, "tolerance: expected a number of at least 0, got -1; use"),
        ({"spacing": (1, 1)}, r"spacing: expected 3 numbers above 0, one for each axis, got \(1.*, 1.*\); use"),
        ({"spacing": (1, 0, 1)}, r"spacing: expected .*3 numbers above 0, one for each axis, got \(1, 0, 1\); use"),
        ({"spacing": 5}, r"spacing: expected .*3 numbers above 0, one for each axis, got 5; use"),
        ({"spacing": "abc"}, r"spacing: expected .*3 numbers above 0, one for each axis, got abc; use"),
    ],
)
def test_mistakes_are_one_line(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        surface_dice(ball(5, 2), ball(5, 2), **arguments)  # type: ignore[arg-type]
    for metric in (SurfaceDice, Hausdorff):
        if metric is SurfaceDice or "spacing" in arguments:
            with pytest.raises(ValueError, match=message):
                metric(**arguments).score(ball(5, 2).astype(int), ball(5, 2).astype(int))  # type: ignore[arg-type]


# centre lines


def test_centre_lines_of_tubes() -> None:
    thick, thin, nothing = torus(17, 5, 2.5), torus(17, 5, 1.2), np.zeros((17, 17, 17), bool)
    cut = thick.copy()
    cut[:, :, 12:] = False
    assert cldice(thick, thin) == cldice(thin, thick) == 1
    assert 0.5 < cldice(cut, thick) < 1
    assert (cldice(nothing, nothing), cldice(nothing, thick), cldice(thick, nothing)) == (1, 0, 0)
    assert cldice(np.ones((4, 5, 6), bool), np.ones((4, 5, 6), bool)) == 1


# all metrics


@pytest.mark.parametrize("name", CONFIG)
def test_finite_and_perfect_where_equal(name: str) -> None:
    metric: PerImageMetric = instantiate(CONFIG[name])
    extremes = [(np.full((4, 5, 6), a), np.full((4, 5, 6), b)) for a, b in itertools.product((False, True), repeat=2)]
    for prediction, target in (*random_volume_pairs(8, largest=9), *extremes):
        scores = metric.score(prediction.astype(np.int64), target.astype(np.uint8))
        assert len(scores) == len(metric.names)
        assert np.isfinite(scores).all()
        perfect = metric.score(target.astype(np.int64), target.astype(np.uint8))
        assert all(value in (0, 1) for value in perfect)


@pytest.mark.parametrize("name", CONFIG)
def test_ignored_voxels_and_absent_classes(name: str) -> None:
    three, five = (instantiate(CONFIG[name], num_classes=classes, ignore_index=255) for classes in (3, 5))
    generator = np.random.default_rng(0)
    prediction, target = generator.integers(0, 3, (2, 6, 9, 8))
    target[generator.random(target.shape) < 0.2] = 255
    other = np.where(target == 255, (prediction + 1) % 3, prediction)
    assert three.score(prediction, target) == three.score(other, target) == five.score(prediction, target)


@pytest.mark.parametrize("name", [name for name in CONFIG if name != "cldice"])
def test_the_order_of_the_axes_does_not_matter(name: str) -> None:
    metric: PerImageMetric = instantiate(CONFIG[name])
    for prediction, target in random_volume_pairs(5, seed=1, largest=9):
        expected = metric.score(prediction.astype(int), target.astype(int))
        turned = metric.score(prediction.astype(int).transpose(2, 0, 1), target.astype(int).transpose(2, 0, 1))
        assert turned == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_slice_scores_as_its_image() -> None:
    for prediction, target in random_pairs(20, largest=20):
        flat, solid = ((prediction, target), (prediction[None], target[None]))
        tables = [object_contingency(*pair) for pair in (flat, solid)]
        assert variation_of_information(tables[0]) == variation_of_information(tables[1])
        assert adjusted_rand_index(tables[0]) == adjusted_rand_index(tables[1])
        of_flat, of_solid = (overlap(one.astype(int), other.astype(int)) for one, other in (flat, solid))
        assert of_flat == of_solid
        if prediction.any() and target.any():
            assert hausdorff_distances(*flat)[0] == pytest.approx(hausdorff_distances(*solid)[0], rel=1e-12)


@pytest.mark.parametrize(
    ("config", "axes", "message"),
    [
        (CONFIG, 2, "metrics: expected metrics of images, got betti with settings for volumes; use metrics=default"),
        (IMAGES, 3, "metrics: expected metrics of volumes, got betti with settings for images; use metrics=volumes"),
        ({"hd": {**CONFIG["hausdorff"], "spacing": [1, 1]}}, 3, "expected metrics of volumes, got hd with settings"),
        ({"sd": {**CONFIG["surface_dice"], "spacing": [3, 1, 1]}}, 2, "expected metrics of images, got sd with"),
    ],
)
def test_metrics_of_the_other_kind_are_refused_before_the_training(
    config: dict[str, object], axes: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build_metrics(targets_of(config, "metrics.test"), 2, None, axes)
    own = CONFIG if axes == 3 else IMAGES
    assert len(build_metrics(targets_of(own, "metrics.test"), 2, None, axes)) == len(own)


def test_a_batch_of_volumes() -> None:
    volumes = torch.rand(2, 2, 6, 7, 8, generator=torch.Generator().manual_seed(0)).gt(0.5).long()
    metric: PerImageMetric = instantiate(CONFIG["betti"])
    metric.update(volumes[0], volumes[1], torch.tensor([3, 1]))
    indices, values = metric.per_image()
    assert indices.tolist() == [1, 3]
    expected = [metric.score(*volumes[:, i].numpy()) for i in (1, 0)]
    assert torch.stack(list(values.values()), 1).tolist() == [list(map(float, row)) for row in expected]
