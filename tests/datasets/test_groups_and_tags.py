"""Names, groups and tags of one's own images, from the command line to the report's tables."""

from pathlib import Path

import pytest
import yaml

from cwmi_seg.datasets.dataset_json import load_info, save_info
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import TINY, Command
from tests.support.fake_data import write_chase_db1
from tests.support.outputs import only_run, scores

Capture = pytest.CaptureFixture[str]
PATTERNS = (
    "dataset.preparer.image_pattern='image_{name:[0-9]+[lr]}.jpg'",
    "dataset.preparer.mask_pattern='image_{name}_1stHO'",
)
TRAINING = [override for override in TINY if not override.startswith("dataset.")]


@pytest.fixture(autouse=True)
def _raw(in_empty_folder: Path) -> None:
    write_chase_db1(Path("raw"), persons=6)


def prepare(command: Command, *overrides: str) -> int:
    return command("prepare", "dataset=folder", "raw=raw", "name=eyes", *PATTERNS, *overrides)


def test_persons_and_eyes_by_expressions_alone(command: Command, capsys: Capture) -> None:
    assert prepare(command, "groups='^([0-9]+)'", "tags='(?P<eye>[LR])$'") == 0
    out = capsys.readouterr().out
    assert "12 images, 6 groups" in out
    assert "tag eye: L 6, R 6" in out
    assert "cwmi-train dataset=eyes" in out
    info = load_info(Path("data/eyes"))
    assert {image.name: image.group for image in info.images} == {
        f"{person:02d}{eye}": f"{person:02d}" for person in range(1, 7) for eye in "LR"
    }
    assert info.tags == {image.name: {"eye": image.name[-1]} for image in info.images}


def test_runs_are_called_after_the_data_and_keep_groups_and_tags(command: Command, capsys: Capture) -> None:
    assert prepare(command, "groups='^([0-9]+)'", "tags='(?P<eye>[LR])$'") == 0
    assert command("train", "dataset=eyes", *TRAINING, "loss=dice") == 0
    run = only_run()
    assert run.name.startswith("eyes-unet-dice-f0-s0-")
    header, *rows = scores(run).splitlines()
    assert header.split(",")[1:3] == ["name", "group"]
    assert all(row.split(",")[1].startswith(row.split(",")[2]) for row in rows)
    tested = [row.split(",")[1] for row in rows]
    assert {name[:2] + "LR"[eye] for name in tested for eye in (0, 1)} == set(tested)  # both eyes of a person
    assert RunFolder(run).info().tags == load_info(Path("data/eyes")).tags
    command("runs")
    assert "eyes" in capsys.readouterr().out


def test_tags_come_later_and_change_no_fingerprint(command: Command, capsys: Capture) -> None:
    assert prepare(command) == 0
    before = load_info(Path("data/eyes"))
    Path("tags.csv").write_text("name;weather\nimage_01l.JPG;sunny\n02R;rain\n77;unknown\n")
    assert prepare(command, "tags=tags.csv") == 0
    assert "unchanged" in capsys.readouterr().out
    after = load_info(Path("data/eyes"))
    assert (after.fingerprint, after.images) == (before.fingerprint, before.images)
    assert after.tags == {"01L": {"weather": "sunny"}, "02R": {"weather": "rain"}}
    assert prepare(command) == 0
    assert load_info(Path("data/eyes")).tags == after.tags
    assert command("prepare", "dataset=eyes", "check=true") == 0


def test_other_groups_are_other_data(command: Command, capsys: Capture) -> None:
    assert prepare(command) == 0
    Path("persons.csv").write_text("name,group\n" + "".join(f"{p:02d}{e},{p % 3}\n" for p in range(1, 7) for e in "LR"))
    assert prepare(command, "groups=persons.csv") == 1
    assert "was prepared from other files or options" in capsys.readouterr().err
    assert prepare(command, "groups=persons.csv", "overwrite=true") == 0
    assert {image.group for image in load_info(Path("data/eyes")).images} == {"0", "1", "2"}


@pytest.mark.slow
def test_prepared_data_are_choices_wherever_they_lie(command: Command, capsys: Capture) -> None:
    assert prepare(command, "paths.data=else where") == 0
    advised = capsys.readouterr().out
    assert "cwmi-train dataset=eyes 'paths.data=else where'" in advised
    assert command("train", "dataset=eyes", *TRAINING) == 1
    assert "dataset: expected one of chase_db1, drive, folder," in capsys.readouterr().err
    assert command("train", "dataset=eyes", "paths.data=else where", *TRAINING, "loss=dice") == 0
    assert (
        command("train", "-m", "dataset=eyes", "paths.data=else where", *TRAINING, "loss=dice,lovasz", "fold=0,1") == 0
    )
    assert len(list(Path("outputs/runs").iterdir())) == 4


@pytest.mark.parametrize(
    ("shape", "crop"), [((40, 200, 90), [32, 96, 90]), ((300, 280), [256, 256]), ((99, 280), [99, 256])]
)
def test_data_without_a_proposed_crop_have_one_that_fits(
    command: Command, capsys: Capture, shape: tuple[int, ...], crop: list[int]
) -> None:
    *leading, height, width = shape
    depth = leading[0] if leading else None
    images = tuple(ImageInfo(f"{i}", height, width, (9, 1), f"{i}", depth=depth) for i in range(3))
    Path("data/old").mkdir(parents=True)
    save_info(DatasetInfo("old", "", 1, 2, (0.0,), (1.0,), images, dimensions=len(shape)), Path("data/old"))
    assert command("train", "dataset=old", "--cfg", "job", "--package", "dataset") == 0
    found = yaml.safe_load(capsys.readouterr().out)
    assert (found["crop_size"], found["pad_image"]) == (crop, None)


def test_names_of_the_package_stay_its_own(command: Command, capsys: Capture) -> None:
    assert prepare(command) == 0
    Path("data/eyes").rename("data/drive")
    assert command("train", "dataset=drive", "--cfg", "job") == 0
    assert "cwmi_seg.datasets.drive.DRIVE" in capsys.readouterr().out


def test_a_damaged_dataset_is_one_line(command: Command, capsys: Capture) -> None:
    assert prepare(command) == 0
    Path("data/eyes/dataset.json").write_text("{")
    capsys.readouterr()
    assert command("train", "dataset=eyes") == 1
    shown = capsys.readouterr().err
    assert "data/eyes/dataset.json: damaged" in shown
    assert len(shown.strip().splitlines()) == 1
