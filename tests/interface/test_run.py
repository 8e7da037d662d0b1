"""``cwmi_seg.Run``: a run folder as an object."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cwmi_seg import Mistake, Run
from cwmi_seg.study.run_folder import RunFolder
from tests.support.networks import Run as MakeRun
from tests.support.networks import grey, network


def test_a_finished_run(finished_run: Path) -> None:
    run = Run(finished_run)
    results = json.loads((finished_run / "results.json").read_text())
    assert run.state == "done"
    assert run.name == finished_run.name
    assert run.config["loss"]["_target_"] == "cwmi_seg.losses.dice.DiceLoss"
    assert list(run.scores.columns) == ["mean", "std", "num_images"]
    for metric, score in results["test"].items():
        assert run.scores.loc[metric, "mean"] == score["mean"]
        assert run.images[metric].mean() == pytest.approx(score["mean"], nan_ok=True)
    assert len(run.images) == results["num_test_images"] == 3
    assert list(run.epochs.index) == [0]
    assert 0 <= run.epochs.loc[0, "val/miou"] <= 1


def test_it_shows_itself_as_a_table(finished_run: Path) -> None:
    run = Run(finished_run)
    page = run._repr_html_()
    assert f"{run.name}</b>, done" in page
    assert f"<td>{run.scores.loc['miou', 'mean']:.4f}</td>" in page
    assert repr(run) == f"Run('{finished_run}', done)"


def test_names_of_others_are_no_markup(run: MakeRun) -> None:
    folder = run("<b onclick=x>")
    assert "<b onclick" not in Run(folder)._repr_html_()


def test_the_pictures_of_test_images(finished_run: Path) -> None:
    run = Run(finished_run)
    name = run.images.index[0]
    with Image.open(finished_run / "overlays" / f"{name}.png") as kept:
        assert np.array_equal(np.asarray(run.overlay(name)), np.asarray(kept))
    with pytest.raises(Mistake, match=f"image: expected one of the test images {name}, .*, got other"):
        run.overlay("other")


def test_a_run_that_is_not_done(finished_run: Path) -> None:
    (finished_run / "results.json").unlink()
    RunFolder(finished_run).write_status("running", epoch=1, max_epochs=3)
    run = Run(finished_run)
    assert run.state == "interrupted"
    assert len(run.epochs) == 1
    assert run._repr_html_().endswith(", interrupted</p>")
    for read in (lambda: run.scores, lambda: run.images):
        with pytest.raises(Mistake, match=r"expected a finished run, got .*: run is interrupted at epoch 1/3; train"):
            read()


@pytest.mark.parametrize("name", ["results.json", "config.yaml", "test_images.csv"])
def test_damaged_files_are_named(finished_run: Path, name: str) -> None:
    (finished_run / name).write_text("[]")
    run = Run(finished_run)
    reads: dict[str, Callable[[], object]] = {"results.json": lambda: run.scores, "config.yaml": lambda: run.config}
    with pytest.raises(Mistake, match=name):
        reads.get(name, lambda: run.images)()


def test_no_run(in_empty_folder: Path) -> None:
    with pytest.raises(Mistake, match="run: expected the folder of a run, got nowhere"):
        Run("nowhere")


def test_evaluation(finished_run: Path) -> None:
    run = Run(finished_run)
    again = run.evaluate(accelerator="cpu")
    assert again["mean"].to_dict() == pytest.approx(run.scores["mean"].to_dict(), nan_ok=True)
    assert (finished_run / "evaluation_test" / "results.json").is_file()
    validated = run.evaluate("val", metrics="per_class", accelerator="cpu")
    assert {"iou_1", "dice_1"} <= set(validated.index)
    assert validated.loc["iou_1", "num_images"] == 2
    for mistake, message in (
        ({"part": "all"}, "part: expected train, val or test, got all"),
        ({"metrics": "per_clas"}, "metrics: expected one of .*; perhaps per_class is meant"),
    ):
        with pytest.raises(Mistake, match=message):
            run.evaluate(**mistake)


# the network


@pytest.mark.parametrize("shape", [(20, 70), (33, 31), (1, 1)])
def test_arrays_of_any_size_are_predicted_by_tiles(run: MakeRun, shape: tuple[int, int]) -> None:
    """One tile each: then the tiled result is the network's own."""
    folder, image = run(seed=3), grey(*shape)
    found = Run(folder).network(accelerator="cpu")
    with torch.inference_mode():
        expected = network(seed=3)(torch.from_numpy(image)[None, None]).softmax(1)[0].numpy()
    np.testing.assert_allclose(found.probabilities(image), expected, atol=1e-6)
    clear = np.abs(expected[1] - 0.5) > 1e-5
    assert np.array_equal(found(image)[clear], expected.argmax(0)[clear])
    assert found(image).dtype == np.uint8


def test_tiles_are_blended(run: MakeRun) -> None:
    """Many tiles give a whole image, near to that of one tile but where tiles meet."""
    folder, image = run(), grey(150, 170)
    small, whole = (Run(folder).network(accelerator="cpu", tile=tile, overlap=32) for tile in (64, 512))
    probabilities = small.probabilities(image)
    assert probabilities.shape == (2, 150, 170)
    np.testing.assert_allclose(probabilities.sum(0), 1, atol=1e-5)
    assert np.abs(probabilities - whole.probabilities(image)).mean() < 0.05
    assert not np.array_equal(probabilities, whole.probabilities(image))


def test_colours_and_classes(run: MakeRun) -> None:
    folder = run(num_classes=3, channels=3, dtype="uint16")
    image = np.random.default_rng(0).integers(0, 2**16, (40, 50, 3), dtype=np.uint16)
    found = Run(folder).network(accelerator="cpu")
    assert repr(found) == "Network(3 channels of uint16 to 3 classes, on cpu)"
    assert set(np.unique(found(image))) <= {0, 1, 2}
    assert np.array_equal(found(image), found.probabilities(image).argmax(0))


def test_volumes_are_cut_into_tiles(run: MakeRun) -> None:
    folder = run(dimensions=3)
    volume = np.random.default_rng(0).integers(0, 256, (20, 40, 36), dtype=np.uint8)
    found = Run(folder).network(accelerator="cpu", tile=(16, 32, 32), overlap=0)
    mask, probabilities = found(volume), found.probabilities(volume[..., None])
    assert probabilities.shape == (2, *volume.shape)
    assert np.array_equal(mask, probabilities.argmax(0))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((8, 8, 3), np.uint8), r"expected height x width x 1 channel, got an array of shape \(8, 8, 3\)"),
        (np.zeros((8, 8)), r"expected pixels of uint8 as in training, got an array of shape \(8, 8\) and float64"),
        (np.zeros((0, 8), np.uint8), "expected height x width"),
        (np.zeros(8, np.uint8), "expected height x width"),
        ([["a"]], "expected pixels of uint8"),
    ],
)
def test_other_images_are_refused(run: MakeRun, image: object, message: str) -> None:
    with pytest.raises(Mistake, match=f"image: {message}"):
        Run(run()).network(accelerator="cpu")(image)  # type: ignore[arg-type]


def test_overlay_of_an_array(run: MakeRun) -> None:
    made = Run(run())
    image = grey(40, 60)
    mask = made.network()(image)
    alone, beside = made.overlay(image), made.overlay(image, mask)
    assert alone.size == (60, 40)
    assert beside.size == (3 * 60 + 8, 40)
    right = np.asarray(beside)[:, -60:]
    assert np.array_equal(right[mask > 0], np.full_like(right[mask > 0], 255))  # all found
    with pytest.raises(Mistake, match=r"target: expected the shape of the image, \(40, 60\), got \(3, 3\)"):
        made.overlay(image, np.zeros((3, 3), int))


def test_a_network_of_others_is_not_built(run: MakeRun) -> None:
    folder = run()
    (folder / "config.yaml").write_text("model: {_target_: os.system, command: ls}\n")
    with pytest.raises(Mistake, match=r"model\._target_: os\.system is not allowed"):
        Run(folder).network()


@pytest.mark.slow
def test_volumes_are_predicted_and_drawn(run: MakeRun) -> None:
    folder = run(seed=3, dimensions=3)
    volume = np.random.default_rng(0).integers(0, 256, (20, 34, 70), dtype=np.uint8)
    found = Run(folder).network(accelerator="cpu")
    with torch.inference_mode():
        expected = network(seed=3, dimensions=3)(torch.from_numpy(volume)[None, None]).softmax(1)[0].numpy()
    np.testing.assert_allclose(found.probabilities(volume), expected, atol=1e-5)
    assert found(volume[..., None]).shape == volume.shape
    assert repr(found) == "Network(volumes of 1 channel of uint8 to 2 classes, on cpu)"
    assert Run(folder).overlay(volume).size == (140, 54)  # three slices and a projection
    assert Run(folder).overlay(volume, expected.argmax(0)).size == (3 * 140 + 8, 54)
    with pytest.raises(Mistake, match=r"expected depth x height x width x 1 channel, got an array of shape \(20, 34\)"):
        found(volume[..., 0])
