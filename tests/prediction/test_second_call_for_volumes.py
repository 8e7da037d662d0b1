"""A second call for volumes: what was killed or failed goes on, and nothing of another prediction is taken."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cwmi_seg.files.atomic import replacing_folder
from cwmi_seg.files.json_files import read_json
from cwmi_seg.prediction.blend import blended_strips
from cwmi_seg.prediction.unfinished import Unfinished
from tests.conftest import Command
from tests.support import volume_writers as writers
from tests.support.networks import Run
from tests.support.volume_source import TILES, grey


def test_a_second_call_does_what_is_left_and_one_that_fails_leaves_nothing(
    run: Run, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run(dimensions=3)
    Path("in").mkdir()
    for name in ("a", "b"):
        np.save(f"in/{name}.npy", grey())
    call = ("predict", f"run={folder}", "images=in", "out=out", *TILES)
    with monkeypatch.context() as patch:
        patch.setattr("cwmi_seg.prediction.volume.Thumbnail.save", _fails)
        assert command(*call) == 1
    assert not list(Path("out").rglob("*.tmp"))
    assert command(*call) == 0
    assert read_json(Path("out/summary.json")) == {"predicted": 2, "skipped": 0, "failed": {}}
    before = Path("out/masks/a.npy").stat().st_mtime_ns
    Path("out/probabilities/b.npy").unlink()
    assert command(*call) == 0
    assert read_json(Path("out/summary.json")) == {"predicted": 1, "skipped": 1, "failed": {}}
    assert Path("out/masks/a.npy").stat().st_mtime_ns == before
    assert command(*call[:-2], "tile=[16,16,16]") == 1


def _fails(*_: object) -> None:
    raise OSError(28, "no space left", "somewhere")


@pytest.mark.slow
def test_folders_of_a_killed_prediction_are_removed(run: Run, command: Command) -> None:
    Path("in").mkdir()
    writers.ome_zarr(3)(Path("in/a.zarr"), grey(), "ZYX")
    call = ("predict", f"run={run(dimensions=3)}", "images=in", "out=out", "overlays=false", *TILES)
    assert command(*call) == 0
    with replacing_folder(Path("out/masks/a.zarr")) as folder:
        (folder / "zarr.json").touch()
        gone = of_a_killed_process(folder)
    assert command(*call) == 0
    assert not gone.exists()


def of_a_killed_process(folder: Path) -> Path:
    """A copy of a temporary folder under the name that it has when its process is no more."""
    return Path(shutil.copytree(folder, folder.with_name(folder.name.replace(f"-{os.getpid()}-", "-99999999-"))))


class Killed(BaseException):
    """Ends a command as far as what it leaves is concerned."""


@pytest.fixture
def killed_in_a_volume(run: Run, command: Command, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A call that was killed when 16 of the 20 slices of in/a.npy were done."""
    Path("in").mkdir()
    np.save("in/a.npy", grey((20, 16, 16)))
    call = ("predict", f"run={run(dimensions=3)}", "images=in", "out=out", "tile=16", "overlap=0")
    reached = Unfinished.reached

    def killed(results: Unfinished, done: int) -> None:
        reached(results, done)
        of_a_killed_process(results.folder)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Unfinished, "reached", killed)
        with pytest.raises(Killed):
            command(*call)
    for folder in unfinished_folders():
        if f"-{os.getpid()}-" in folder.name:
            shutil.rmtree(folder)
    return call


def unfinished_folders() -> list[Path]:
    return [*Path("out").rglob("*.unfinished.*")]


def slabs_begun(patch: pytest.MonkeyPatch) -> list[int]:
    """The slices at which predictions begin, from now on."""
    found: list[int] = []

    def strips(*arguments: Any) -> Iterator[NDArray[np.float32]]:
        found.append(arguments[4])
        return blended_strips(*arguments)

    patch.setattr("cwmi_seg.prediction.volume.blended_strips", strips)
    return found


def test_a_killed_prediction_goes_on_within_the_volume(
    killed_in_a_volume: tuple[str, ...], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(unfinished_folders()) == 1
    begun = slabs_begun(monkeypatch)
    assert command(*killed_in_a_volume) == 0
    assert command(*(part.replace("out=out", "out=whole") for part in killed_in_a_volume)) == 0
    assert begun == [16, 0]
    for file in ("masks/a.npy", "probabilities/a.npy", "overlays/a.png"):
        assert Path("out", file).read_bytes() == Path("whole", file).read_bytes()
    assert not unfinished_folders()


@pytest.mark.slow
@pytest.mark.parametrize("other", ["volume", "settings", "overwrite", "damaged"])
def test_what_is_left_of_another_volume_or_other_settings_is_not_gone_on_with(
    other: str, killed_in_a_volume: tuple[str, ...], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = unfinished_folders()[0] / "state.json"
    if other == "volume":
        np.save("in/a.npy", grey((20, 16, 16), seed=1))
    elif other == "settings":
        assert '"tile": 16' in state.read_text()
        state.write_text(state.read_text().replace('"tile": 16', '"tile": 32'))
    elif other == "damaged":
        state.write_text("{")
    begun = slabs_begun(monkeypatch)
    assert command(*killed_in_a_volume, f"overwrite={str(other == 'overwrite').lower()}") == 0
    assert begun == [0]
    assert not unfinished_folders()


def test_post_processing_that_is_killed_is_not_done_twice(
    killed_in_a_volume: tuple[str, ...], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not done in the files that the next call goes on with."""
    kept: list[NDArray[np.uint8]] = []

    def write(_volume: object, path: Path, _result: object) -> None:
        if path.parent.name == "masks":
            kept.append(np.load(unfinished_folders()[0] / "masks.npy"))
        raise Killed

    monkeypatch.setattr("cwmi_seg.prediction.volume.write_like", write)
    with pytest.raises(Killed):
        command(*killed_in_a_volume, "overwrite=true", "min_size=1000000")
    assert kept[0].any()
