"""The prepare command as a user runs it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cwmi_seg
from cwmi_seg.datasets.dataset_json import load_info
from tests.conftest import TINY, Command
from tests.support import fake_data
from tests.support.outputs import only_run, scores

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _raw(in_empty_folder: Path) -> None:
    fake_data.write_folder(Path("raw"))


def test_prepare_again_and_check(command: Command, capsys: Capture) -> None:
    assert command("prepare", "dataset=folder", "raw=raw") == 0
    shown = capsys.readouterr().out
    assert "data/folder: prepared" in shown
    assert "3 images" in shown
    assert "share of pixels: class 0" in shown
    assert "cwmi-train dataset=folder" in shown
    assert sorted(path.name for path in Path("data/folder").iterdir()) == [
        "dataset.json", "images", "masks", "preview.png",
    ]  # fmt: skip
    assert command("prepare", "dataset=folder", "raw=raw") == 0
    assert "already prepared from these files, unchanged" in capsys.readouterr().out
    assert command("prepare", "dataset=folder", "check=true") == 0
    assert "every file is as it was prepared" in capsys.readouterr().out
    fake_data.save(Path("data/folder/masks/b.png"), fake_data.lines(5, 20, 28))
    assert command("prepare", "dataset=folder", "check=true") == 1
    assert "data/folder/masks/b.png was changed (1 in all)" in capsys.readouterr().err
    assert sorted(path.name for path in Path().iterdir()) == ["data", "raw"]


def test_each_dataset_with_files_is_a_command_away(command: Command, capsys: Capture) -> None:
    from cwmi_seg.config.conf_dir import conf_dir

    names = [path.stem for path in Path(conf_dir(), "dataset").glob("*.yaml") if "preparer:" in path.read_text()]
    assert len(names) >= 7
    for name in names:
        raw = getattr(fake_data, f"write_{name}")(Path(f"raw_{name}"))
        assert command("prepare", f"dataset={name}", f"raw={raw}") == 0
        assert f"data/{name}: prepared" in capsys.readouterr().out


def test_the_own_layout_of_the_documentation(
    command: Command, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "data.md").read_text()
    for path, block in re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", page, re.DOTALL):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(block)
    for number in range(6):
        fake_data.save(Path(f"leaves/leaf_{number}.jpg"), fake_data.photograph(number, 64, 72))
        fake_data.save(Path(f"leaves/leaf_{number}_veins.png"), fake_data.lines(number, 64, 72))
    monkeypatch.syspath_prepend(str(Path.cwd()))
    own = ("--config-dir=my_conf", "dataset=leaves")
    assert command("prepare", *own, "raw=leaves") == 1
    assert "my_layout.Leaves is not allowed; add allowed_targets=[my_layout]" in capsys.readouterr().err
    assert command("prepare", *own, "raw=leaves", "allowed_targets=[my_layout]") == 0
    training = [override for override in TINY if not override.startswith("dataset.")]
    assert command("train", *own, *training, "allowed_targets=[my_layout]", "loss=dice") == 0
    assert len(scores(only_run()).splitlines()) == 1 + 2


BAD = {
    "overwrit=true": "overwrit: expected a key of the config, got overwrit; perhaps overwrite is meant.",
    "check=maybe": "check: expected true or false, got maybe; write check=true or check=false.",
    "raw=a=b": "raw=a=b: expected KEY=VALUE; quote a value with = or unusual letters: 'KEY=\"VALUE\"'",
    "raw=nowhere": "raw: expected a folder or a zip archive, found nothing at nowhere; check the path",
    "raw=null": "raw: expected the folder or zip archive of the download, got nothing; add raw=PATH",
    "dataset=unknown": "dataset: expected one of chase_db1, drive, folder,",
    "dataset=synthetic": "needs no preparation",
    "dataset.preparer.mask_fodler=x": "mask_fodler",
    "dataset.preparer.classes={0:0,255:2}": "classes: expected the classes 0, 1, ... without a gap",
    "dataset.preparer._target_=os.system": "os.system is not allowed",
    "+dataset.preparer.block_size=3": "block_size: expected it with dimensions=3 alone, got 3; leave it out.",
    "+dataset.preparer.depth=3": "preparer: ImageFolder.__init__() got an unexpected keyword argument",
    "check=true": "no prepared dataset here; run cwmi-prepare dataset=folder raw=",
}


@pytest.mark.parametrize("override", BAD)
def test_a_mistake_is_one_clear_line_and_writes_nothing(command: Command, capfd: Capture, override: str) -> None:
    before = sorted(Path().rglob("*"))
    assert command("prepare", "dataset=folder", "raw=raw", override) == 1
    shown = capfd.readouterr()
    assert BAD[override] in shown.err
    assert len(shown.err.strip().splitlines()) == 1
    assert shown.out == ""
    assert sorted(Path().rglob("*")) == before


def test_the_fingerprint_of_a_folder_stays_what_it_was(command: Command) -> None:
    """Made before the preparer had its later arguments."""
    for number in range(3):
        pixels = np.arange(48, dtype=np.uint8).reshape(6, 8)
        fake_data.save(Path(f"old/images/{number}.bmp"), pixels + np.uint8(number))
        fake_data.save(Path(f"old/masks/{number}.bmp"), pixels * np.uint8(number + 1) % 2 * 255)
    wanted = {
        "de64cede402d79d28c0a10ec67cc03941610f8b1fddd41d69585685c94a8375f": (),
        "7df3e60df0503b5d36f60d2c5805e20b549163de5a04f51dbad2f9d3223c01a5": (
            "dataset.preparer.classes={0:0,255:1}", "dataset.preparer.ignore_value=7", "name=second",
        ),
    }  # fmt: skip
    for number, (fingerprint, said) in enumerate(wanted.items()):
        assert command("prepare", "dataset=folder", "raw=old", *said) == 0
        assert load_info(Path("data", ("folder", "second")[number])).fingerprint == fingerprint


def test_a_wish_for_detail_keeps_the_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(FileNotFoundError, match="found nothing"):
        command("prepare", "dataset=folder", "raw=nowhere")


def test_a_value_of_the_wrong_kind_is_one_clear_line(command: Command, capfd: Capture) -> None:
    assert command("prepare", "dataset=snemi3d", "raw=raw", "dataset.preparer.block_size=abc") == 1
    assert "error: dataset.preparer.block_size: expected a whole number, got abc" in capfd.readouterr().err


def test_the_command_that_is_advised_next_knows_where_the_data_are(command: Command, capsys: Capture) -> None:
    for where in ("paths.data=else where", "dataset.images.root=own"):
        assert command("prepare", "dataset=folder", "raw=raw", where, "overwrite=true") == 0
        advised = shlex.split(capsys.readouterr().out.rpartition("then train: ")[2])
        assert advised[:3] == ["cwmi-train", "dataset=folder", where]
        assert advised[3:] == ["dataset.crop_size=[20,28]", "data.crops_per_image=167"]
    training = [override for override in TINY if not override.startswith("dataset.")]
    assert command("train", *advised[1:], *training, "data.crops_per_image=1", "loss=dice") == 0


def test_preparation_does_without_torch_and_without_the_locks_of_unix() -> None:
    code = "import sys; sys.modules['fcntl'] = None; import cwmi_seg.commands.prepare; sys.exit('torch' in sys.modules)"
    root = Path(cwmi_seg.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(root)})


def test_without_a_dataset_the_known_ones_are_named(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("prepare") == 1
    assert "dataset: expected one of chase_db1, drive, folder," in capfd.readouterr().err


def test_images_of_all_sizes_are_padded_in_training_and_scored_whole(command: Command) -> None:
    fake_data.write_glas(Path("raw_glas"))
    assert command("prepare", "dataset=glas", "raw=raw_glas") == 0
    training = [override for override in TINY if not override.startswith("dataset.")]
    assert command("train", *training, "dataset=glas", "dataset.crop_size=[64,64]", "loss=dice") == 0
    assert len(scores(only_run()).splitlines()) == 1 + 2
