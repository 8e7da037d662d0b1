"""A run keeps to the data that it was trained on, which its name does not tell."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.study import members
from cwmi_seg.study.refusals import refuse_other_data
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import Command
from tests.support import fake_data
from tests.support.jobs import described
from tests.support.outputs import only_run

OWN = (
    "dataset=folder", "dataset.crop_size=[32,32]", "model.width=2", "trainer=cpu", "trainer.max_epochs=1",
    "data.batch_size=1", "logger=none", "loss=dice",
)  # fmt: skip


@pytest.fixture
def two_datasets(in_empty_folder: Path) -> None:
    """The same choices mean ``one/folder`` or ``two/folder``, by ``paths.data``."""
    for name, images in (("one", ("a", "b", "c")), ("two", ("d", "e", "f"))):
        raw = fake_data.write_folder(in_empty_folder / f"raw_{name}", images, (32, 32))
        fake_data.save(raw / "images" / f"{images[0]}.png", fake_data.photograph(len(name) + ord(images[0]), 32, 32))
        prepare(ImageFolder(), raw, in_empty_folder / name / "folder")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.slow
@pytest.mark.usefixtures("two_datasets")
def test_a_finished_run_does_not_stand_for_one_on_other_data(
    command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("train", *OWN, "paths.data=one") == 0
    before = content(only_run())
    capfd.readouterr()
    assert command("train", *OWN, "paths.data=two", "study=other") == 1
    shown = capfd.readouterr().err
    assert "expected a run on the dataset in two/folder (" in shown
    assert "overwrite=true" in shown
    assert len(shown.splitlines()) == 1
    assert command("train", "-m", *OWN, "paths.data=two", "study=other") == 1
    shown = capfd.readouterr().out
    assert "1 run: 1 failed" in shown
    assert "expected a run on the dataset in two/folder (" in shown
    assert content(only_run()) == before
    with pytest.raises(FileNotFoundError):
        members.study_runs(Path("outputs"), "other")
    assert command("train", *OWN, "paths.data=one") == 0
    assert command("train", *OWN, "paths.data=two", "overwrite=true") == 0
    held = json.loads((only_run() / "dataset.json").read_text())
    assert held["fingerprint"] == json.loads(Path("two/folder/dataset.json").read_text())["fingerprint"]


@pytest.mark.usefixtures("two_datasets")
def test_a_dataset_root_of_its_own_makes_another_run() -> None:
    Path("one/folder").rename("one/mine")
    Path("two/folder").rename("one/other")
    mine, other = (described(*OWN, "paths.data=one", f"dataset.images.root=one/{name}") for name in ("mine", "other"))
    assert mine.folder != other.folder


def write_dataset(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.json").write_text(text)
    return folder


def test_only_a_training_that_has_something_is_compared_and_only_with_what_can_be_read(tmp_path: Path) -> None:
    run = write_dataset(tmp_path / "run", '{"fingerprint": "0123456789"}')
    data = write_dataset(tmp_path / "data", '{"fingerprint": "9876543210"}')

    def ask(*overrides: str) -> None:
        refuse_other_data(replace(described(*overrides), folder=RunFolder(run)))

    on_data = ("dataset=folder", f"dataset.images.root={data}")
    ask(*on_data)  # it begins anew
    (run / "last.ckpt").touch()
    with pytest.raises(ValueError, match=r"run: expected a run on the dataset in .*data \(98765432\), .*\(01234567\)"):
        ask(*on_data)
    ask(*on_data, "overwrite=true")
    ask("dataset=synthetic")
    for text in ("", "{", "[]", '{"fingerprint": ""}', '{"fingerprint": "0123456789"}'):
        write_dataset(data, text)
        ask(*on_data)
