"""What a second call of the predict command does with what the first has left."""

from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.image_files import read_image
from tests.conftest import Command
from tests.support.fake_data import save
from tests.support.networks import Run, grey


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
