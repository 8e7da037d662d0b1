"""The predict command as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import cwmi_seg
from cwmi_seg.datasets.image_files import read_image
from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.inputs import find_images
from cwmi_seg.prediction.tiles import Tiling
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import Command
from tests.support.fake_data import save
from tests.support.networks import CPU, Run, expected, grey, network


def assert_structure(mask: NDArray[np.generic], probability: NDArray[np.float32]) -> None:
    """255 where the probability is above 1/2, 0 where it is below; the last bits of it may differ from run to run."""
    clear = np.abs(probability - 0.5) > 1e-5
    assert np.array_equal(mask[clear], np.where(probability > 0.5, 255, 0)[clear])
    assert np.isin(mask, (0, 255)).all()


def test_files_of_two_classes(run: Run, command: Command) -> None:
    image = grey(70, 90)
    folder = run()
    save(Path("in/deep name.png"), image)
    assert command("predict", f"run={folder}", "images=in", "out=out", "tile=64", "overlap=32") == 0
    mask = read_image(Path("out/masks/deep name.png"))[..., 0]
    probability = read_image(Path("out/probabilities/deep name.png"))[..., 0]
    strips = blended_strips(Ensemble([network()], CPU), image[..., None], [Tiling(64, 32)] * 2)
    structure = np.concatenate(list(strips), 1)[1]
    assert probability.dtype == np.uint16
    np.testing.assert_allclose(probability / 65535, structure, atol=1e-5)
    assert_structure(mask, structure)
    overlay = read_image(Path("out/overlays/deep name.png"))
    grey_pixels = (overlay == overlay[..., :1]).all(2)
    assert np.array_equal(grey_pixels, mask == 0)


def test_files_of_several_classes_and_channels(run: Run, command: Command) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    folder = run(num_classes=4, channels=3)
    save(Path("in/a.png"), image)
    assert command("predict", f"run={folder}", "images=in/a.png", "out=out") == 0
    probability = expected(network(num_classes=4, channels=3), image)
    written = tifffile.imread("out/probabilities/a.tif")  # H W C
    np.testing.assert_allclose(written.transpose(2, 0, 1) / 65535, probability, atol=1e-5)
    assert np.array_equal(read_image(Path("out/masks/a.png"))[..., 0], probability.argmax(0))


@pytest.mark.parametrize(("num_classes", "kind"), [(2, "overlays"), (3, "probabilities")])
def test_files_that_are_not_wanted_are_not_made(run: Run, command: Command, num_classes: int, kind: str) -> None:
    save(Path("in/a.png"), grey(32, 40))
    assert command("predict", f"run={run(num_classes=num_classes)}", "images=in", "out=out", f"{kind}=false") == 0
    kinds = {"masks", "probabilities", "overlays"} - {kind}
    assert {path.parent.name for path in Path("out").glob("*/a.*")} == kinds


def test_a_stack_gives_stacks_and_deep_pixels_are_read_as_they_are(run: Run, command: Command) -> None:
    volume = np.random.default_rng(0).integers(0, 2**16, (3, 40, 50), dtype=np.uint16)
    folder = run(dtype="uint16")
    Path("in").mkdir()
    tifffile.imwrite("in/volume.tif", volume, photometric="minisblack")
    assert command("predict", f"run={folder}", "images=in/*.tif", "out=out") == 0
    masks = tifffile.imread("out/masks/volume.tif")
    probabilities = tifffile.imread("out/probabilities/volume.tif")
    assert masks.shape == probabilities.shape == (3, 40, 50)
    for page, mask, probability in zip(volume, masks, probabilities, strict=True):
        structure = expected(network(dtype="uint16"), page)[1]
        np.testing.assert_allclose(probability / 65535, structure, atol=1e-5)
        assert_structure(mask, structure)
    assert tifffile.imread("out/overlays/volume.tif").shape == (3, 40, 50, 3)


def test_tifs_of_any_channels_are_read_as_in_training(run: Run, command: Command) -> None:
    images = np.random.default_rng(0).integers(0, 2**16, (2, 5, 32, 40), dtype=np.uint16)
    folder = run(channels=5, dtype="uint16")
    with tifffile.TiffWriter(Path("volume.tif")) as stack:
        for image in images:
            stack.write(image, photometric="minisblack", planarconfig="separate", metadata=None)
    tifffile.imwrite("one.tif", images[0].transpose(1, 2, 0), photometric="minisblack", planarconfig="contig")
    assert command("predict", f"run={folder}", "images=[one.tif,volume.tif]", "out=out") == 0
    masks = tifffile.imread("out/masks/volume.tif")
    assert masks.shape == (2, 32, 40)
    assert np.array_equal(masks[0], read_image(Path("out/masks/one.png"))[..., 0])


def test_bad_images_are_reported_and_the_others_predicted(
    run: Run, command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = run()
    for number in range(4):
        save(Path(f"in/{number}.png"), grey(32, 40, number))
    Path("in/1.png").write_bytes(Path("in/1.png").read_bytes()[:300])
    save(Path("in/2.png"), np.zeros((32, 40, 3), dtype=np.uint8))
    Path("in/notes.txt").write_text("no image")
    Path("in/cut.tif").write_bytes(b"II*\0 this is no tif")
    Path("in/link.png").symlink_to("moved_away.png")
    assert command("predict", f"run={folder}", "images=in", "out=out", "convert=false") == 1
    shown = capfd.readouterr()
    assert "4 of 6 could not be predicted" in shown.err
    assert "Traceback" not in shown.err
    assert sorted(path.name for path in Path("out/masks").iterdir()) == ["0.png", "3.png"]
    summary = json.loads(Path("out/summary.json").read_text())
    assert (summary["predicted"], summary["skipped"]) == (2, 0)
    assert set(summary["failed"]) == {"in/1.png", "in/2.png", "in/cut.tif", "in/link.png"}
    assert "expected 1 channel of uint8 as in training, got 3" in summary["failed"]["in/2.png"]


def test_an_unfinished_run_is_told(run: Run, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run()
    RunFolder(folder).write_status("running", epoch=3, max_epochs=50)
    save(Path("in/a.png"), grey(32, 40))
    for note, shown in (("note     run is interrupted at epoch 3/50", True), ("note", False)):
        assert command("predict", f"run={folder}", "images=in", "out=out") == 0
        assert (note in capsys.readouterr().out) == shown
        (folder / "results.json").write_text("{}")


def test_the_last_line_names_five_failures_and_counts_the_rest(
    run: Run, command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("in").mkdir()
    for number in range(7):
        Path(f"in/{number}.png").write_text("no image")
    assert command("predict", f"run={run()}", "images=in", "out=out") == 1
    line = capfd.readouterr().err.splitlines()[-1]
    assert line.endswith("; and 2 more, see out/summary.json")
    assert line.count("cannot be read") == 5


BAD = {
    "run=nowhere": "run: expected the folder of a run, found none at nowhere",
    "run=in": "run: expected the folder of a run, got in without config.yaml",
    "run=null": "run: expected a run or a study, got neither",
    "study=mine": "run: expected a run or a study, got both",
    "images=nowhere": "images: expected .png, .tif",
    "images=null": "images: expected a folder, a file or a pattern, got nothing",
    "out=null": "out: expected a folder",
    "tile=100": "tile: expected a multiple of 32, got 100",
    "overlap=500": "overlap",
    "batch_size=0": "batch_size",
    "accelerator=quantum": "accelerator: expected auto, cpu or gpu, got quantum",
    "flips=perhaps": "flips",
    "tiel=64": "tiel",
}


@pytest.mark.parametrize("override", BAD)
def test_a_mistake_is_one_clear_line(
    run: Run, command: Command, capfd: pytest.CaptureFixture[str], override: str
) -> None:
    save(Path("in/a.png"), grey(32, 40))
    assert command("predict", f"run={run()}", "images=in", "out=out", override) == 1
    shown = capfd.readouterr().err
    assert BAD[override] in shown
    assert "Traceback" not in shown


@pytest.mark.slow
def test_prediction_does_without_lightning() -> None:
    """It takes a quarter of a gigabyte and seconds."""
    code = (
        "import sys, cwmi_seg.commands.predict, cwmi_seg.prediction.networks, cwmi_seg.prediction.folder\n"
        "assert not {'pytorch_lightning', 'torchmetrics', 'wandb'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(cwmi_seg.__file__).parent.parent)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_names_follow_the_folders_below_the_pattern(in_empty_folder: Path) -> None:
    for name in ("x/a.png", "x/a.tif", "x/y/b.PNG", "x/.hidden.png", "x/notes.txt"):
        path = in_empty_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert [image.name for image in find_images("x")] == ["a_png", "a_tif"]
    assert sorted(image.name for image in find_images("x/**/*.*")) == ["a_png", "a_tif", "y/b"]
    assert [image.name for image in find_images(["x/y", "x/y/b.PNG"])] == ["b"]


def test_images_of_one_name_in_several_folders_keep_apart(run: Run, command: Command) -> None:
    for name in ("a/1.png", "b/1.png", "b/1.tif", "b/2.png"):
        save(Path("in") / name, grey(32, 40, seed=ord(name[0])))
    assert [i.name for i in find_images(["in/a", "in/b"])] == ["a/1", "b/1_png", "b/1_tif", "2"]
    assert command("predict", f"run={run()}", "images=[in/a,in/b]", "out=out") == 0
    assert json.loads(Path("out/summary.json").read_text())["predicted"] == 4
    assert sum(path.is_file() for path in Path("out/masks").rglob("*.png")) == 4


def test_images_that_no_folder_tells_apart_are_refused(in_empty_folder: Path) -> None:
    for name in ("x/in/1.png", "y/in/1.png"):
        save(Path(name), grey(32, 40))
    with pytest.raises(ValueError, match=r"got in/1_png for x/in/1\.png and y/in/1\.png"):
        find_images(["x/in", "y/in"])
