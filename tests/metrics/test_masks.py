"""What every public function on arrays makes of integers, views, read-only memory, nothing at all, and mistakes."""

import inspect
import pkgutil
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cwmi_seg import metrics, topology, weight_maps
from cwmi_seg.metrics.betti import BettiError, betti_errors, betti_numbers, euler_characteristic, tiled
from cwmi_seg.metrics.betti_matching import betti_matching_errors
from cwmi_seg.metrics.betti_persistence import betti_numbers_by_persistence
from cwmi_seg.metrics.cldice import CenterlineDice, cldice_score
from cwmi_seg.metrics.clustering import (
    AdaptedRand,
    Clustering,
    adapted_rand_error,
    adjusted_rand_index,
    label_contingency,
    object_contingency,
    variation_of_information,
)
from cwmi_seg.metrics.confusion import confusion_matrix
from cwmi_seg.metrics.hausdorff import Hausdorff, boundary, hausdorff_distances, nearest_distances
from cwmi_seg.metrics.overlap import ClassOverlap, Overlap, class_overlaps, overlap_scores
from cwmi_seg.metrics.surface_dice import SurfaceDice, surface_dice_score
from cwmi_seg.topology.components import label_components
from cwmi_seg.topology.skeletons import centre_lines, dilated, object_boxes, object_skeletons, skeleton
from cwmi_seg.weight_maps import abw, skea_topo, unet

Array = NDArray[Any]
Function = Callable[..., Any]
NEEDS = {"betti_matching_errors": "topolosses", "betti_numbers_by_persistence": "gudhi"}
PAIRS: dict[str, Function] = {
    "overlap_scores": overlap_scores,
    "class_overlaps": class_overlaps,
    "ClassOverlap.score": ClassOverlap().score,
    "Overlap.score": Overlap().score,
    "Clustering.score": Clustering().score,
    "Hausdorff.score": Hausdorff().score,
    "BettiError.score": BettiError(patch_size=8).score,
    "CenterlineDice.score": CenterlineDice().score,
    "betti_errors": betti_errors,
    "betti_matching_errors": betti_matching_errors,
    "cldice_score": cldice_score,
    "surface_dice_score": surface_dice_score,
    "confusion_matrix": confusion_matrix,
    "AdaptedRand.score": AdaptedRand().score,
    "SurfaceDice.score": SurfaceDice(tolerance=2).score,
    "object_contingency": lambda p, t: vars(object_contingency(p, t)),
    "object_contingency(valid)": lambda p, t: vars(object_contingency(p, t, valid=t)),
    "hausdorff_distances": hausdorff_distances,
    "nearest_distances": nearest_distances,
}
"""Functions of a prediction and a target."""
MASKS: dict[str, Function] = {
    "betti_numbers": lambda mask: betti_numbers(mask[None]),
    "euler_characteristic": lambda mask: euler_characteristic(mask[None]),
    "tiled": lambda mask: tiled(mask, 7, 5),
    "betti_numbers_by_persistence": betti_numbers_by_persistence,
    "boundary": boundary,
    "label_components": lambda mask: label_components(mask, 8),
    "skeleton": skeleton,
    "dilated": dilated,
    "centre_lines": lambda mask: centre_lines(mask[None]),
}
"""Functions of one mask."""
LABELS: dict[str, Function] = {
    "label_contingency": lambda labels: vars(label_contingency(labels, labels)),
    "object_boxes": object_boxes,
    "object_skeletons": object_skeletons,
    "abw.weight_map": abw.weight_map,
    "skea_topo.weight_map": skea_topo.weight_map,
    "unet.weight_map": unet.weight_map,
}
"""Functions of one array of integers, any of them."""
ONE = MASKS | LABELS
OTHERS = {
    "variation_of_information", "adjusted_rand_index", "adapted_rand_error", "map_generator", "check_connectivity",
    "dataset_iou", "mean_over_present", "overlaps_of", "direction", "direction_of",
}  # fmt: skip
"""Functions of tables, numbers and names."""
WITHIN = {
    "check_engine", "critical_misses", "critical_regions", "finite_bars", "load_engine", "match_bars",
    "read_classes", "read_labels", "read_masks", "read_spacing",
}  # fmt: skip
"""Readers of arrays, and functions that losses call with tensors that they have checked."""


def unless_missing(names: dict[str, Function]) -> list[Any]:
    """The names, those whose package is not installed to be skipped."""
    missing = {name for name, package in NEEDS.items() if find_spec(package) is None}
    return [pytest.param(name, marks=pytest.mark.skip(NEEDS[name])) if name in missing else name for name in names]


def random_mask(seed: int) -> Array:
    return np.random.default_rng(seed).random((20, 26)) > 0.6


def other_forms(mask: Array) -> dict[str, Array]:
    """The same mask in other types, orders and places in memory."""
    wide = np.zeros((2 * mask.shape[0], 3 * mask.shape[1]), bool)
    wide[::2, ::3] = mask
    read_only = mask.copy()
    read_only.setflags(write=False)
    types = {str(kind): mask.astype(kind) for kind in (np.uint8, np.int64, np.uint16, ">i4")}
    views = {"strided": wide[::2, ::3], "flipped": mask[::-1].copy()[::-1], "Fortran": np.asfortranarray(mask)}
    integer_views = {f"{name}, int32": view.astype(np.int32, order="K") for name, view in views.items()}
    return types | views | integer_views | {"read-only": read_only}


def same(got: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        got, expected = list(got.values()), list(expected.values())
    if isinstance(expected, tuple | list) and not isinstance(expected[0], slice):
        for one, other in zip(got, expected, strict=True):
            same(one, other)
    else:
        assert np.array_equal(got, expected)


def test_every_public_function_on_arrays_is_in_this_file() -> None:
    found = set()
    for package in (metrics, topology, weight_maps):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not module.name.rsplit(".", 1)[1].startswith("_"):
                members = [member for _, member in inspect.getmembers(import_module(module.name), inspect.isfunction)]
                found |= {member.__name__ for member in members if member.__module__ == module.name}
    found = {name for name in found if not name.startswith("_")}
    here = {name.split(".")[-1] for name in PAIRS | ONE}
    lacking = sorted(found - OTHERS - WITHIN - here)
    assert lacking == [], f"add {', '.join(lacking)} to PAIRS, MASKS or LABELS above, or to OTHERS where it takes none"


@pytest.mark.parametrize("name", unless_missing(PAIRS))
def test_pairs_in_any_form_score_as_booleans(name: str) -> None:
    prediction, target = random_mask(0), random_mask(1)
    expected = PAIRS[name](prediction, target)
    for form, other in other_forms(prediction).items():
        same(PAIRS[name](other, target), expected)
        same(PAIRS[name](other, other_forms(target)[form]), expected)


@pytest.mark.parametrize("name", unless_missing(ONE))
def test_masks_in_any_form_give_what_booleans_give(name: str) -> None:
    expected = ONE[name](random_mask(0))
    for other in other_forms(random_mask(0)).values():
        same(ONE[name](other), expected)


@pytest.mark.parametrize("shape", [(0, 0), (0, 7), (7, 0)])
@pytest.mark.parametrize("name", unless_missing(PAIRS | ONE))
def test_arrays_without_a_pixel_are_empty_masks(name: str, shape: tuple[int, int]) -> None:
    nothing, empty = np.zeros(shape, np.uint8), np.zeros((1, 1), bool)
    if name == "nearest_distances":
        with pytest.raises(ValueError, match="points: expected at least one pixel, got none"):
            nearest_distances(nothing, nothing)
    elif name in ONE:
        ONE[name](nothing)
    elif name in ("class_overlaps", "ClassOverlap.score"):  # no pixel, no class: no value
        assert np.isnan(PAIRS[name](nothing, nothing)).all()
    elif "contingency" not in name and name != "confusion_matrix":  # tables of nothing have other counts
        same(PAIRS[name](nothing, nothing), PAIRS[name](empty, empty))
    table = object_contingency(nothing, nothing)
    assert (variation_of_information(table), adjusted_rand_index(table)) == ((0, 0), 1)
    assert adapted_rand_error(table) == 0


@pytest.mark.parametrize("name", unless_missing(PAIRS))
def test_pairs_that_are_none_are_refused_in_a_line(name: str) -> None:
    mask = random_mask(0)
    wrong = {
        "target: expected the shape (20, 26) of prediction, got (1, 26); pass masks of one image.": (mask, mask[:1]),
        ", got an array of shape (1, 1, 20, 26); pass one image.": (mask[None, None], mask),
        "got float64; use ": (mask.astype(float), mask),
        "got float32; use ": (mask, mask.astype(np.float32)),
        "got 255; ": (mask, 255 * mask.astype(np.uint8)),
        "got -1; ": (-mask.astype(np.int8), mask),
    }
    for message, pair in wrong.items():
        with pytest.raises(ValueError, match=": expected ") as error:
            PAIRS[name](*pair)
        text = str(error.value).replace("queries", "prediction").replace("points", "target")
        assert message in text
        assert "\n" not in text


@pytest.mark.parametrize("name", unless_missing(ONE))
def test_arrays_that_are_no_mask_are_refused_in_a_line(name: str) -> None:
    mask = random_mask(0)
    for wrong in (mask[None, None], mask.ravel(), mask.astype(float), np.full((3, 3), "a")):
        with pytest.raises(ValueError, match=r"^\w+: expected .*, got .*; .*\.$"):
            ONE[name](wrong)


@pytest.mark.parametrize("name", unless_missing(MASKS))
def test_masks_of_other_integers_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^\w+: expected 0 and 1 alone, got 255; use .* > 0"):
        MASKS[name](255 * random_mask(0).astype(np.uint8))


def test_classes_out_of_range_are_refused_unless_ignored() -> None:
    target = random_mask(0).astype(np.int64)
    prediction = random_mask(1).astype(np.int64)
    prediction[0, 0] = 7
    for score in (Overlap().score, Clustering().score):
        with pytest.raises(ValueError, match="prediction: expected class indices from 0 to 1, got 7; divide masks"):
            score(prediction, target)
    target[0, 0] = 255
    assert Overlap(ignore_index=255).score(prediction, target) == overlap_scores(prediction, target, ignore_index=255)
    with pytest.raises(ValueError, match="prediction: expected class indices from 0 to 1, got 7"):
        Overlap().score(prediction, target)


@pytest.mark.parametrize("name", [name for name in LABELS if "weight_map" in name])
def test_other_values_take_no_part_in_a_weight_map(name: str) -> None:
    mask = random_mask(0).astype(np.int64)
    mask[3:6] = 2
    same(LABELS[name](mask), LABELS[name](np.where(mask == 2, 255, mask).astype(np.uint8)))
