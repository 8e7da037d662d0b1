"""The predict command as a user runs it, and its parts: tiles, blending, files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import cwmi_seg
from cwmi_seg.datasets.image_files import read_image
from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.inputs import find_images
from cwmi_seg.prediction.pixel_model import PixelModel
from cwmi_seg.prediction.tiles import Tiling
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import Command
from tests.support.fake_data import save
from tests.support.networks import CPU, Run, grey, network


def expected(model: PixelModel, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities C H W of the whole image."""
    pixels = torch.from_numpy(np.atleast_3d(image).transpose(2, 0, 1).copy())[None]
    with torch.inference_mode():
        return model(pixels).softmax(1)[0].numpy()


def assert_structure(mask: NDArray[np.generic], probability: NDArray[np.float32]) -> None:
    """255 where the probability is above 1/2, 0 where it is below; the last bits of it may differ from run to run."""
    clear = np.abs(probability - 0.5) > 1e-5
    assert np.array_equal(mask[clear], np.where(probability > 0.5, 255, 0)[clear])
    assert np.isin(mask, (0, 255)).all()


# tiles and blending


@given(length=st.integers(1, 1500), tile=st.integers(1, 8), overlap=st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_weights_cover_every_pixel_once(length: int, tile: int, overlap: int) -> None:
    tiling = Tiling(32 * tile, 32 * min(overlap, tile // 2))
    total = np.zeros(length)
    for (start, end), weight in zip(tiling.spans(length), tiling.weights(length), strict=True):
        assert start % 32 == 0
        assert end - start == len(weight) <= tiling.tile
        assert weight.min() > 0
        total[start:end] += weight
    np.testing.assert_allclose(total, 1, atol=1e-6)


@given(height=st.integers(1, 300), width=st.integers(1, 300), channels=st.sampled_from([1, 3]), batch=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_a_pointwise_network_is_blended_without_a_trace(height: int, width: int, channels: int, batch: int) -> None:
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, channels), dtype=np.uint8)
    strips = blended_strips(lambda tiles: tiles.float() / 255, image, Tiling(64, 32), batch)
    np.testing.assert_allclose(np.concatenate(list(strips), 1), image.transpose(2, 0, 1) / 255, atol=1e-6)


def test_tiles_of_the_unet_agree_with_the_whole_image_away_from_tile_borders() -> None:
    image, tiling, reach = grey(460, 830), Tiling(416, 32), 123
    model = network()
    tiled = np.concatenate(list(blended_strips(Ensemble([model], CPU), image[..., None], tiling)), 1)
    far = [np.ones(length, dtype=bool) for length in image.shape]
    for inside, length in zip(far, image.shape, strict=True):
        for start, end in tiling.spans(length):
            for border in {start, end} - {0, length}:
                inside[max(border - reach, 0) : border + reach] = False
    far_pixels = np.outer(*far)
    assert far_pixels.any()
    error = np.abs(tiled - expected(model, image)).max(0)
    assert error[far_pixels].max() < 1e-5
    assert error.max() > 1e-5  # so the distance is needed


@pytest.mark.parametrize(
    ("tile", "overlap", "complaint"),
    [
        (100, 32, "tile: .* got 100"),
        (0, 0, "tile"),
        (64, 48, "overlap: .* got 48"),
        (64, 64, "overlap"),
        (64, -32, "ov"),
    ],
)
def test_impossible_tilings_are_refused(tile: int, overlap: int, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Tiling(tile, overlap)


# ensembles


def test_an_ensemble_is_the_mean_and_flips_turn_back() -> None:
    models = [network(0), network(1)]
    image = grey(64, 96)
    pixels = torch.from_numpy(image)[None, None]
    mean = np.mean([expected(model, image) for model in models], axis=0)
    np.testing.assert_allclose(Ensemble(models, CPU)(pixels)[0].numpy(), mean, atol=1e-6)
    flipped = Ensemble(models[:1], CPU, flips=True)
    views = [(0, 0), (0, 1), (1, 0), (1, 1)]
    mirrored = [expected(models[0], image[:: 1 - 2 * v, :: 1 - 2 * h])[:, :: 1 - 2 * v, :: 1 - 2 * h] for v, h in views]
    np.testing.assert_allclose(flipped(pixels)[0].numpy(), np.mean(mirrored, axis=0), atol=1e-6)
    turned = flipped(pixels.flip(-1, -2)).flip(-1, -2)
    torch.testing.assert_close(turned, flipped(pixels), atol=1e-6, rtol=0)


def test_networks_of_different_kinds_are_not_averaged() -> None:
    with pytest.raises(ValueError, match=r"run: expected networks of one kind.*2 classes.*3 classes"):
        Ensemble([network(), network(num_classes=3)], CPU)


# the command


def test_files_of_two_classes(run: Run, command: Command) -> None:
    image = grey(70, 90)
    folder = run()
    save(Path("in/deep name.png"), image)
    assert command("predict", f"run={folder}", "images=in", "out=out", "tile=64", "overlap=32") == 0
    mask = read_image(Path("out/masks/deep name.png"))[..., 0]
    probability = read_image(Path("out/probabilities/deep name.png"))[..., 0]
    strips = blended_strips(Ensemble([network()], CPU), image[..., None], Tiling(64, 32))
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


@pytest.mark.parametrize("num_classes", [2, 3])
@pytest.mark.parametrize("kind", ["probabilities", "overlays"])
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
    assert command("predict", f"run={folder}", "images=in", "out=out") == 1
    shown = capfd.readouterr()
    assert "4 of 6 could not be predicted" in shown.err
    assert "Traceback" not in shown.err
    assert sorted(path.name for path in Path("out/masks").iterdir()) == ["0.png", "3.png"]
    summary = json.loads(Path("out/summary.json").read_text())
    assert (summary["predicted"], summary["skipped"]) == (2, 0)
    assert set(summary["failed"]) == {"in/1.png", "in/2.png", "in/cut.tif", "in/link.png"}
    assert "expected 1 channels of uint8 as in training, got 3" in summary["failed"]["in/2.png"]


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


def test_a_second_call_does_what_is_left(run: Run, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run()
    for name in "abc":
        save(Path(f"in/{name}.png"), grey(32, 40))
    call = ("predict", f"run={folder}", "images=in", "out=out")
    command(*call)
    before = {path: path.stat().st_mtime_ns for path in Path("out/masks").iterdir()}
    Path("out/probabilities/b.png").unlink()
    assert command(*call) == 0
    assert "1 predicted, 2 there before, 0 failed" in capsys.readouterr().out
    changed = [path.stem for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert changed == ["b"]
    assert command(*call, "overwrite=true") == 0
    assert "3 predicted" in capsys.readouterr().out


def test_results_of_two_networks_are_not_mixed(run: Run, command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    folders = [run("a", seed=0), run("b", seed=1)]
    save(Path("in/a.png"), grey(32, 40))
    for folder, status in zip(folders, (0, 1), strict=True):
        assert command("predict", f"run={folder}", "images=in", "out=out") == status
    assert "got out with another networks" in capfd.readouterr().err
    both = ("predict", f"run=[{folders[0]},{folders[1]}]", "images=in", "out=both")
    assert command(*both) == 0
    pattern = ("predict", f"run={folders[0].parent}/?", "images=in", "out=pattern")
    assert command(*pattern) == 0
    one, other = (read_image(Path(f"{out}/probabilities/a.png")).astype(int) for out in ("both", "pattern"))
    np.testing.assert_allclose(one, other, atol=1)


def test_an_unfinished_overwrite_is_finished_by_the_next_call(
    run: Run, command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    folders = [run("a", seed=0), run("b", seed=1)]
    for name in "xyz":
        save(Path(f"in/{name}.png"), grey(32, 40))
    assert command("predict", f"run={folders[0]}", "images=in", "out=out") == 0
    assert command("predict", f"run={folders[1]}", "images=in/x.png", "out=out", "overwrite=true") == 0
    for counts in ("2 predicted, 1 there before", "0 predicted, 3 there before"):
        capfd.readouterr()
        assert command("predict", f"run={folders[1]}", "images=in", "out=out") == 0
        assert counts in capfd.readouterr().out
    assert Path("out/masks/x.png").read_bytes() == Path("out/masks/z.png").read_bytes()


def test_masks_of_others_are_not_written_over(run: Run, command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    for folder in ("images", "masks"):
        save(Path(f"data/{folder}/a.png"), grey(32, 40))
    before = Path("data/masks/a.png").read_bytes()
    assert command("predict", f"run={run()}", "images=data/images", "out=data") == 1
    assert "out: expected a new folder, or one with prediction.json of an earlier call" in capfd.readouterr().err
    assert Path("data/masks/a.png").read_bytes() == before


def test_another_network_of_an_ensemble_is_noticed_though_the_folders_have_one_name(
    run: Run, command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    folders = [run(f"{name}/export", seed=seed) for seed, name in enumerate("abc")]
    save(Path("in/a.png"), grey(32, 40))
    assert command("predict", f"run=[{folders[0]},{folders[2]}]", "images=in", "out=out") == 0
    assert command("predict", f"run=[{folders[1]},{folders[2]}]", "images=in", "out=out") == 1
    assert "got out with another networks" in capfd.readouterr().err


def test_a_failed_write_leaves_no_file(run: Run, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run()
    save(Path("in/a.png"), grey(32, 40))

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("cwmi_seg.prediction.outputs.encode", full)
    assert command("predict", f"run={folder}", "images=in", "out=out") == 1
    assert not [path for path in Path("out").rglob("*") if path.is_file() and path.name != "prediction.json"]


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


def test_prediction_does_without_lightning() -> None:
    """It takes a quarter of a gigabyte and seconds."""
    code = (
        "import sys, cwmi_seg.commands.predict, cwmi_seg.prediction.networks, cwmi_seg.prediction.folder\n"
        "assert not {'pytorch_lightning', 'torchmetrics', 'wandb'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(cwmi_seg.__file__).parent.parent)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


# where images are found


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
