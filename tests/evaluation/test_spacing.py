"""Distances of volumes of masks are in the unit of their files."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from cwmi_seg.evaluation.mask_evaluation import evaluate_masks
from cwmi_seg.evaluation.volume_pairs import VolumePair
from cwmi_seg.files.json_files import read_json
from cwmi_seg.metrics.surface_dice import SurfaceDice, surface_dice_score
from tests.conftest import Command

FOLDERS = ("made", "right")
CALL = ("evaluate", "predictions=made", "targets=right", "dimensions=3")
HAUSDORFF = {"test": {"hausdorff": {"_target_": "cwmi_seg.metrics.hausdorff.Hausdorff"}}}


@pytest.fixture(autouse=True)
def _folder(in_empty_folder: Path) -> None:
    """Of each test."""


def scored(num_workers: int = 0) -> Any:
    """What ``results.json`` says."""
    metrics = {**HAUSDORFF, "num_workers": num_workers}
    evaluate_masks(Path("made"), Path("right"), Path("out"), metrics=metrics, dimensions=3)
    return read_json(Path("out/results.json"))


def points(shift: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Two masks of one voxel each, which lie so many slices apart."""
    made, right = np.zeros((2, 8, 9, 10), np.uint8)
    right[1, 2, 3] = made[1 + shift, 2, 3] = 1
    return made, right


def save(
    name: str, shift: int, spacing: tuple[float, ...] | None = None, unit: str = "mm", where: Any = FOLDERS
) -> None:
    """A pair of NIfTI files, or numpy files where there is no spacing, or where ``where`` leaves out a folder."""
    for folder, mask in zip(FOLDERS, points(shift), strict=True):
        Path(folder).mkdir(exist_ok=True)
        if spacing is None or folder not in where:
            np.save(f"{folder}/{name}.npy", mask)
            continue
        image = nibabel.Nifti1Image(mask.T, np.diag([*reversed(spacing), 1.0]))
        image.header.set_xyzt_units(unit)
        nibabel.save(image, f"{folder}/{name}.nii.gz")


def hd(results: Any) -> list[float]:
    return [row["hd"] for row in results["images"]]


@pytest.mark.parametrize(
    ("where", "workers"),
    [(FOLDERS, 0), (("right",), 0), (("made",), 0), pytest.param(FOLDERS, 1, marks=pytest.mark.slow)],
)
def test_each_volume_is_scored_by_its_own_spacing(where: tuple[str, ...], workers: int) -> None:
    save("a", 2, (3.0, 0.5, 0.5), where=where)
    save("b", 1, (2.0, 1.0, 1.0), where=where)
    save("c", 3, (3.0, 0.5, 0.5), where=where)
    results = scored(workers)
    assert [row["name"] for row in results["images"]] == ["a", "b", "c"]
    assert hd(results) == [6, 2, 9]
    assert results["units"] == dict.fromkeys(("hd", "hd95"), "mm (spacing of each volume)")


def test_one_spacing_is_named_and_one_of_the_config_stands(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    save("a", 2, (3.0, 0.5, 0.5))
    assert command(*CALL, "metrics=volumes") == 0
    results = read_json(Path("made_evaluation/results.json"))
    assert hd(results) == [6]
    assert results["units"]["hd"] == "mm (spacing 3 x 0.5 x 0.5)"
    assert "6.0000 mm (spacing 3 x 0.5 x 0.5)" in capsys.readouterr().out
    assert command(*CALL, "metrics=volumes", "metrics.test.hausdorff.spacing=[1,1,1]") == 0
    voxels = read_json(Path("made_evaluation/results.json"))
    assert hd(voxels) == [2]
    assert voxels["units"]["hd"] == "voxels"


def test_masks_are_held_in_a_byte_a_voxel() -> None:
    made, right = points(1)
    for folder, mask in (("made", made.astype(np.float32)), ("right", right.astype(np.int64) * 255)):
        Path(folder).mkdir()
        np.save(f"{folder}/a.npy", mask)
    pair = VolumePair("a", Path("made/a.npy"), Path("right/a.npy"))
    for found, expected in zip(pair.read(2, None), (made, right), strict=True):
        assert found.dtype == np.uint8
        assert np.array_equal(found, expected)
    np.save("right/a.npy", right.astype(np.uint16) * 65535)
    assert np.array_equal(pair.read(2, None)[1], right)


def test_files_without_a_spacing_have_distances_in_voxels() -> None:
    save("a", 2)
    results = scored()
    assert hd(results) == [2]
    assert results["units"]["hd"] == "voxels"


@pytest.mark.parametrize(("spacing", "unit"), [(None, ""), ((1.0, 1.0, 1.0), "micron")])
def test_distances_of_several_units_are_not_mixed(spacing: tuple[float, ...] | None, unit: str) -> None:
    save("a", 2, (3.0, 0.5, 0.5))
    save("b", 2, spacing, unit)
    with pytest.raises(ValueError, match=r"b\..*: expected a spacing in the unit of a.nii.gz, mm, got .*metrics.test"):
        scored()


def test_the_tolerance_is_in_voxels_of_the_finest_axis_unless_a_spacing_is_given() -> None:
    cube = np.kron(points(0)[0], np.ones((3, 3, 3), np.uint8))
    cubes = cube, np.roll(cube, 1, axis=2)
    open_, given = SurfaceDice(tolerance=1), SurfaceDice(tolerance=1, spacing=(30, 6, 6))
    open_.spacing = (30.0, 6.0, 6.0)
    assert open_.score(*cubes)[0] == surface_dice_score(*cubes, tolerance=6, spacing=(30, 6, 6)) == 1
    assert given.score(*cubes)[0] == surface_dice_score(*cubes, tolerance=1, spacing=(30, 6, 6))
    assert given.score(*cubes)[0] < 1
