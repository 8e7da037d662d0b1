"""Volumes are predicted in the format that they have, window by window, and scored in any format."""

import re
import weakref
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from cwmi_seg.datasets.volume_files.opening import open_volume
from cwmi_seg.files.json_files import read_json
from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.pixel_model import PixelModel
from cwmi_seg.prediction.tiles import Tiling, tilings
from cwmi_seg.prediction.volume_writers import write_like
from tests.conftest import Command
from tests.support import volume_writers as writers
from tests.support.networks import CPU, Run, network
from tests.support.volume_source import SHAPE, TILES, PartsOnly, grey

FORMATS: dict[str, tuple[str, Callable[..., None], str]] = {
    "imagej": ("a.tif", writers.imagej, "ZYX"),
    "pages": ("a.tiff", writers.pages, "ZYX"),
    "ome": ("a.ome.tif", writers.ome_tif, "ZYX"),
    "nifti": ("a.nii", writers.nifti, "XYZ"),
    "nifti_packed": ("a.nii.gz", writers.nifti, "XYZ"),
    "nrrd": ("a.nrrd", writers.nrrd_of("gzip"), "XYZ"),
    "nrrd_directions": ("a.nrrd", writers.nrrd_directions, "XYZ"),
    "hdf5": ("a.h5", writers.hdf5, "ZYX"),
    "hdf5_xyz": ("a.hdf5", writers.hdf5, "XYZ"),
    "zarr_2": ("a.zarr", writers.ome_zarr(2), "ZYX"),
    "zarr_3": ("a.ome.zarr", writers.ome_zarr(3), "XYZ"),
    "npy": ("a.npy", writers.npy, "ZYX"),
    "npz": ("a.npz", writers.npz, "ZYX"),
}
ONE_OF_EACH = ("imagej", "nifti", "nrrd", "hdf5", "zarr_3", "npy")
"""The format of each reader; the variants of it are read in tests of the datasets."""


@cache
def of_two_classes() -> NDArray[np.float32]:
    """Probabilities C D H W of :func:`grey`."""
    return expected(grey(), network(dimensions=3))


def expected(volume: NDArray[np.uint8], model: PixelModel, tile: Any = (16, 32, 32)) -> NDArray[np.float32]:
    """Probabilities C D H W, by windows in memory."""
    tiles = tilings(list(tile), 0, 3)
    return np.concatenate(list(blended_strips(Ensemble([model], CPU), volume[..., None], tiles)), 1)


def read(path: Path) -> tuple[NDArray[Any], Any]:
    with open_volume(path) as volume:
        return volume.read(0, volume.shape[0]), volume


@pytest.mark.parametrize(
    "name", [name if name in ONE_OF_EACH else pytest.param(name, marks=pytest.mark.slow) for name in FORMATS]
)
def test_results_have_the_format_axes_and_spacing_of_the_volume(name: str, run: Run, command: Command) -> None:
    file, write, axes = FORMATS[name]
    folder, image = run(dimensions=3), grey()
    Path("in").mkdir()
    write(Path("in", file), writers.in_order(image[..., None], axes + "C")[..., 0], axes)
    assert command("predict", f"run={folder}", "images=in", "out=out", *TILES) == 0
    probability = of_two_classes()[1]
    mask, opened = read(Path("out/masks", file))
    _, source = read(Path("in", file))
    assert (opened.axes, opened.spacing, opened.unit) == (source.axes, source.spacing, source.unit)
    clear = np.abs(probability - 0.5) > 1e-4
    assert np.array_equal(mask[..., 0][clear], probability[clear] > 0.5)
    if name in ("ome", "nifti_packed"):  # a name, a time or a random number would make equal masks unequal files
        with open_volume(Path("in", file)) as volume:
            write_like(volume, Path("again", file), mask[..., 0])
        assert Path("again", file).read_bytes() == Path("out/masks", file).read_bytes()
    whole, _ = read(Path("out/probabilities", file))
    assert whole.dtype == np.uint16
    np.testing.assert_allclose(whole[..., 0] / 65535, probability, atol=2e-5)
    assert {path.name for path in Path("out/masks").iterdir()} == {file}  # nothing half is left
    with Image.open("out/overlays/a.png") as picture:
        assert picture.size == (82, 56)


def test_nifti_keeps_its_place_in_space(run: Run, command: Command) -> None:
    affine = np.array([[0.0, -0.5, 0, 3], [0.25, 0, 0, -7], [0, 0, 2, 11], [0, 0, 0, 1]])
    image = nibabel.Nifti1Image(grey().T, affine)
    image.header.set_xyzt_units("mm")
    Path("in").mkdir()
    nibabel.save(image, "in/a.nii.gz")
    assert command("predict", f"run={run(dimensions=3)}", "images=in/a.nii.gz", "out=out", *TILES) == 0
    mask = nibabel.load("out/masks/a.nii.gz")
    assert isinstance(mask, nibabel.Nifti1Image)
    assert np.array_equal(mask.affine, image.affine)
    assert mask.get_data_dtype() == np.uint8
    assert mask.header.get_xyzt_units()[0] == "mm"


@pytest.mark.slow
def test_probabilities_of_several_classes_have_channels(run: Run, command: Command) -> None:
    folder, image = run(dimensions=3, num_classes=3), grey()
    model = network(dimensions=3, num_classes=3)
    Path("in").mkdir()
    for name in ("imagej", "nrrd"):
        file, write, axes = FORMATS[name]
        write(Path("in", f"{name}_{file}"), writers.in_order(image[..., None], axes + "C")[..., 0], axes)
    options = ("probability_bits=8", "overlays=false", *TILES)
    assert command("predict", f"run={folder}", "images=in", "out=out", *options) == 0
    probability = expected(image, model)
    for path in Path("in").iterdir():
        whole, _ = read(Path("out/probabilities", path.name))
        assert whole.dtype == np.uint8
        np.testing.assert_allclose(np.moveaxis(whole, -1, 0) / 255, probability, atol=4e-3)
        mask, _ = read(Path("out/masks", path.name))
        assert (mask[..., 0] == probability.argmax(0)).mean() > 0.999


@pytest.mark.slow
def test_windows_agree_with_the_whole_volume_away_from_their_borders() -> None:
    image, tiles, reach = grey((18, 24, 560)), [Tiling(32, 0, 16), Tiling(32, 0, 16), Tiling(304, 32, 16)], 123
    model = network(dimensions=3)
    tiled = np.concatenate(list(blended_strips(Ensemble([model], CPU), image[..., None], tiles)), 1)
    with torch.inference_mode():
        whole = model(torch.from_numpy(image)[None, None]).softmax(1)[0].numpy()
    far = np.ones(560, dtype=bool)
    for start, end in tiles[2].spans(560):
        for border in {start, end} - {0, 560}:
            far[max(border - reach, 0) : border + reach] = False
    assert far.sum() > 50
    error = np.abs(tiled - whole).max((0, 1, 2))
    assert error[far].max() < 1e-5
    assert error.max() > 1e-5  # so the distance is needed


def test_a_pointwise_network_is_blended_without_a_trace_and_read_in_parts() -> None:
    image = grey((50, 70, 40))
    tiles = [Tiling(32, 16, 16), Tiling(48, 16, 16), Tiling(16, 0, 16)]
    strips = blended_strips(lambda pixels: pixels.float() / 255, PartsOnly(image[..., None]), tiles, batch_size=3)
    slabs = list(strips)
    assert [slab.shape[1] for slab in slabs] == [16, 16, 18]
    np.testing.assert_allclose(np.concatenate(slabs, 1)[0], image / 255, atol=1e-6)


def test_mirrored_volumes_are_averaged() -> None:
    ensemble = Ensemble([network(dimensions=3)], CPU, flips=True)
    pixels = torch.from_numpy(grey((16, 16, 32)))[None, None]
    for axes in ((-1,), (-3,), (-3, -2, -1)):
        torch.testing.assert_close(ensemble(pixels.flip(axes)).flip(axes), ensemble(pixels), atol=1e-5, rtol=0)


def test_a_slab_is_let_go_of_before_the_next_is_made(
    run: Run, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at a time would be twice the memory that a large volume takes."""

    def slabs(*_arguments: object) -> Iterator[NDArray[np.float32]]:
        for _ in range(4):
            slab = np.full((2, 5, *SHAPE[1:]), 0.5, dtype=np.float32)
            kept = weakref.ref(slab)
            yield slab
            del slab
            left.append(kept() is None)

    left: list[bool] = []
    monkeypatch.setattr("cwmi_seg.prediction.volume.blended_strips", slabs)
    np.save("a.npy", grey())
    assert command("predict", f"run={run(dimensions=3)}", "images=a.npy", "out=out", "overlays=false") == 0
    assert left == [True] * 4


def test_volumes_that_do_not_fit_are_told_and_the_others_predicted(
    run: Run, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("in").mkdir()
    np.save("in/a.npy", grey())
    np.save("in/b.npy", grey().astype(np.uint16))
    np.save("in/c.npy", grey()[0])
    Path("in/d.npy").write_bytes(Path("in/a.npy").read_bytes()[:1000])
    assert command("predict", f"run={run(dimensions=3)}", "images=in", "out=out", *TILES) == 1
    said = capsys.readouterr().err
    assert "3 of 4 could not be predicted" in said
    assert "expected 1 channel of uint8 as in training, got 1 of uint16" in said
    assert [path.name for path in Path("out/masks").iterdir()] == ["a.npy"]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("tile=[16,16]",), r"tile: expected a whole number, or 3 of them, one for each axis, got \[16, 16\]"),
        (("tile=17",), "tile: expected a multiple of 16, got 17; use for example 64"),
        (("probability_bits=12",), "probability_bits: expected 8 or 16, got 12"),
        (("axes=ZYQ",), "axes: expected Z, Y and X"),
    ],
)
def test_impossible_settings_are_refused(
    run: Run, command: Command, capsys: pytest.CaptureFixture[str], overrides: tuple[str, ...], said: str
) -> None:
    np.save("a.npy", grey())
    assert command("predict", f"run={run(dimensions=3)}", "images=a.npy", "out=out", *overrides) == 1
    assert re.search(said, capsys.readouterr().err)


# evaluation and export


def test_masks_of_volumes_are_scored_in_any_format(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    truth = np.zeros((12, 16, 20), np.uint8)
    truth[4:8, 4:12, 5] = truth[6, 6, 5:15] = 1
    made = truth.copy()
    made[6, 6, 10] = 0  # a gap
    Path("made").mkdir()
    Path("right").mkdir()
    np.save("made/a.npy", made)
    nibabel.save(nibabel.Nifti1Image(truth.T * 255, np.eye(4)), "right/a.nii.gz")
    assert command("evaluate", "predictions=made", "targets=right", "dimensions=3") == 0
    results = read_json(Path("made_evaluation/results.json"))
    assert results["test"]["betti_0_error"]["mean"] == 1
    assert results["test"]["betti_2_error"]["mean"] == 0
    assert "a" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("dimensions=4",), "dimensions: expected 2 for images or 3 for volumes, got 4"),
        (("dimensions=2", "axes=ZYX"), "axes: expected null for images"),
        (("dimensions=3", "metrics=default"), "metrics: expected metrics of volumes"),
        (("dimensions=3", "axes=XYZ"), "expected the size of its target, 20 x 16 x 12"),
    ],
)
def test_impossible_evaluations_of_volumes_are_refused(
    command: Command, capsys: pytest.CaptureFixture[str], overrides: tuple[str, ...], said: str
) -> None:
    for folder in ("made", "right"):
        Path(folder).mkdir()
        np.save(f"{folder}/a.npy", np.zeros((12, 16, 20), np.uint8))
    assert command("evaluate", "predictions=made", "targets=right", *overrides) == 1
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_networks_of_volumes_are_exported(
    run: Run, command: Command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    import cwmi_seg

    monkeypatch.setattr("cwmi_seg.models.unet._LEVELS", 2)  # five take the exporter long
    assert command("export", f"run={run(dimensions=3)}", "out=out") == 0
    assert "at 16x32x32, 9x35x20, 24x16x48" in "".join(capfd.readouterr())
    model = network(dimensions=3)
    session = onnxruntime.InferenceSession("out/model.onnx", providers=["CPUExecutionProvider"])
    loaded = cwmi_seg.load_model("out")
    assert loaded.info.dimensions == 3
    for size in ((1, 1, 1), (5, 48, 33)):
        pixels = np.random.default_rng(0).uniform(0, 255, (2, 1, *size)).astype(np.float32)
        with torch.inference_mode():
            logits = model(torch.from_numpy(pixels)).numpy()
            torch.testing.assert_close(loaded(torch.from_numpy(pixels)).numpy(), logits, atol=1e-5, rtol=1e-5)
        (got,) = session.run(None, {"pixels": pixels})
        np.testing.assert_allclose(got, logits, atol=1e-4, rtol=1e-4)
