"""Messages that lead on: each names what is really meant, and none an effort that is in vain."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric.plugins import TorchCheckpointIO
from PIL import Image

from cwmi_seg.config.allowed_targets import check_target_names
from cwmi_seg.config.error_lines import _unknown_choice
from cwmi_seg.config.target import Target
from cwmi_seg.datasets.dataset_json import load_info
from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.read_errors import named_errors
from cwmi_seg.datasets.topomortar import TopoMortar
from cwmi_seg.files.csv_files import read_rows
from cwmi_seg.files.json_files import read_json
from cwmi_seg.loading.splits import SplitPlan, read_split
from cwmi_seg.loggers.csv_log import CsvLog
from cwmi_seg.losses import CrossEntropyLoss
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.planned_crops import refuse_large_crops
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_spec import DatasetSpec
from cwmi_seg.training import child
from cwmi_seg.training.checkpoints import AtomicCheckpoints
from cwmi_seg.training.run import _plugins
from cwmi_seg.training.step_checks import warn_of_probabilities
from tests.support.fake_data import lines, photograph

MASK = lines(1, 64, 64).astype(np.uint8) * 255


def save(path: Path, pixels: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def raw_folder(root: Path, images: str = "images", masks: str = "masks", ending: str = "", mask: Any = MASK) -> Path:
    for name in "abc":
        save(root / images / f"{name}.png", photograph(ord(name), 64, 64))
        save(root / masks / f"{name}{ending}.png", mask)
    return root


def test_a_raw_folder_of_another_layout_is_told_how_to_name_it(tmp_path: Path) -> None:
    raw = raw_folder(tmp_path / "raw", "pictures", "labels", mask=photograph(1, 64, 64))
    for path in (raw / "labels").iterdir():
        path.rename(path.with_name(f"{hash(path.name)}.png"))
    said = (
        r"found none among 6 files; name the folders by .*image_folder=NAME and mask_folder=NAME, .*mask_suffix=_mask, "
        r".*image_pattern='images/\{name\}' and mask_pattern="
    )
    with pytest.raises(FileNotFoundError, match=said + r".* \(images lie in labels, pictures\)"):
        prepare(ImageFolder(), raw, tmp_path / "out")


def test_a_mask_of_class_numbers_is_not_to_be_repaired(tmp_path: Path) -> None:
    raw = raw_folder(tmp_path / "raw", mask=np.eye(64, dtype=np.uint8) * 2 + np.eye(64, k=1, dtype=np.uint8))
    with pytest.raises(Mistake, match=r"got 0, 1, 2; name the class .*dataset\.preparer\.classes=.*ignore_value"):
        prepare(ImageFolder(), raw, tmp_path / "out")


@pytest.mark.parametrize("error", [ValueError("<LZW: 5> requires the 'imagecodecs' package"), ImportError("no lzma")])
def test_a_missing_package_is_no_damaged_file(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(Mistake, match=r"a\.tif: cannot be read without .*; pip install"), named_errors(Path("a.tif")):
        raise error


def test_the_repair_of_a_loss_can_be_followed() -> None:
    loss, target = CrossEntropyLoss(), torch.zeros(1, 4, 4, dtype=torch.long)
    with pytest.raises(ValueError, match=r"divide masks of 0/255 by 255 in whole numbers \(mask // 255\)"):
        loss(torch.zeros(1, 2, 4, 4), target + 255)
    with pytest.raises(ValueError, match="leave out the axes that are too many"):
        loss(torch.zeros(1, 2, 4, 4, 4, 4), target)
    with pytest.raises(ValueError, match="add the missing axis"):
        loss(torch.zeros(1, 2, 4), target)


def test_a_prepared_folder_is_told_how_to_be_named() -> None:
    said = _unknown_choice("dataset/cells", ["drive", "folder"])
    assert "got cells; choose one of them, or for images of your own" in said
    assert "dataset=folder dataset.images.root=FOLDER" in said


@pytest.mark.parametrize("target", ["torch.hub.load", "subprocess.run", "numpy.load"])
def test_a_whole_library_is_never_proposed(target: str) -> None:
    with pytest.raises(Mistake, match=r"is not allowed; it is no plug-in: write a class of your own"):
        check_target_names({"loss": {"_target_": target}})
    with pytest.raises(Mistake, match=r"add allowed_targets=\[my_losses\] if you trust it"):
        check_target_names({"loss": {"_target_": "my_losses.Loss"}})


def test_crops_that_do_not_fit_into_an_image_that_trains_are_found_when_a_sweep_is_planned(tmp_path: Path) -> None:
    raw = raw_folder(tmp_path / "raw")
    for kind in ("images", "masks"):
        pixels = photograph(4, 40, 64) if kind == "images" else MASK[:40]
        save(raw / kind / "small.png", pixels)
    prepare(ImageFolder(), raw, tmp_path / "out")
    info = load_info(tmp_path / "out")
    plans = [SplitPlan(fold=fold) for fold in range(3)]
    tested = next(plan for plan in plans if "small" in plan.apply(info).test)
    trained = next(plan for plan in plans if "small" in plan.apply(info).train)
    images = Target("dataset.images", "cwmi_seg.datasets.prepared.PreparedImages", {"root": str(tmp_path / "out")})
    dataset = DatasetSpec(images, crop_size=[96, 64], pad_image=None, pad_target=0)
    with pytest.raises(Mistake, match=r"dataset\.crop_size: expected at most the image size, got \[96, 64\]"):
        refuse_large_crops(dataset, tested)
    with pytest.raises(Mistake, match=r"dataset\.crop_size: .* but small is 40x64"):
        refuse_large_crops(replace(dataset, crop_size=[64, 64]), trained)
    refuse_large_crops(replace(dataset, crop_size=[64, 64]), tested)
    refuse_large_crops(replace(dataset, pad_image=0), trained)


def test_outputs_of_a_sigmoid_are_told_and_logits_are_not(caplog: pytest.LogCaptureFixture) -> None:
    logits = torch.linspace(-3, 3, 32).view(1, 2, 4, 4)
    with caplog.at_level(logging.WARNING):
        for fine in (logits, torch.zeros(1, 2, 4, 4), logits + 3):
            warn_of_probabilities(fine)
        assert not caplog.messages
        warn_of_probabilities(logits.sigmoid())
    assert caplog.messages[0].startswith("model: expected logits, got values from 0.0474 to 0.953 as of a sigmoid")


def test_plugins_of_the_config_are_used_with_ours() -> None:
    node = {"_target_": "lightning_fabric.plugins.TorchCheckpointIO"}

    def named(plugins: Any) -> list[Any]:
        return _plugins(plugins)

    assert [type(plugin) for plugin in named(None)] == [AtomicCheckpoints]
    assert [type(plugin) for plugin in named([node])] == [TorchCheckpointIO]
    sync = {"_target_": "pytorch_lightning.plugins.layer_sync.TorchSyncBatchNorm"}
    assert [type(plugin).__name__ for plugin in named(sync)] == ["TorchSyncBatchNorm", "AtomicCheckpoints"]


def test_a_csv_log_goes_on_where_a_run_is_resumed(tmp_path: Path) -> None:
    for step in (0, 1):
        log = CsvLog(str(tmp_path), name="", version="csv")
        log.log_metrics({"a": step, f"b{step}": 1.0}, step=step)
        log.save()
        (tmp_path / "last.ckpt").touch()
    assert [row["a"] for row in read_rows(tmp_path / "csv" / "metrics.csv")] == ["0", "1"]


def test_text_files_of_users_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    mark, split = b"\xef\xbb\xbf", {"train": ["a"], "val": ["b"], "test": ["c"]}
    (tmp_path / "split.json").write_bytes(mark + json.dumps(split).encode())
    (tmp_path / "table.csv").write_bytes(mark + b"name,x\na,1\n")
    info: Any = SimpleNamespace(name="made", images=[SimpleNamespace(name=name) for name in "abc"])
    assert read_split(tmp_path / "split.json", info).train == ("a",)
    assert read_json(tmp_path / "split.json") == split
    assert read_rows(tmp_path / "table.csv") == [{"name": "a", "x": "1"}]


def test_a_run_that_another_process_is_starting_is_busy(tmp_path: Path) -> None:
    job: Any = SimpleNamespace(folder=RunFolder(tmp_path), identity=SimpleNamespace(name="run"))
    with job.folder.claim():
        assert child._outcome(job, 0) == "busy     run, another process is starting it"


def test_six_stray_pixels_of_topomortar_are_noted_and_more_are_refused(tmp_path: Path) -> None:
    stray = np.zeros((512, 512), np.uint8)
    stray[:100] = 255
    stray[200, :6], stray[300, 0] = 8, 250
    for part, name in (("train", "001.png"), ("test", "002.png")):
        save(tmp_path / "raw" / part / "images" / name, photograph(1, 512, 512))
        mask = stray if part == "train" else (stray == 255) * np.uint8(255)
        save(tmp_path / "raw" / part / "accurate" / name, mask)
    info = prepare(TopoMortar(), tmp_path / "raw", tmp_path / "out").info
    assert info.notes == ("train/accurate/001.png: 7 pixels of 8, 250 in a mask of 0 and 255, read as 0 below 128",)
    assert {image.part: image.class_counts[1] for image in info.images} == {"train": 51201, "test": 51200}
    stray[200] = 8
    save(tmp_path / "raw" / "train" / "accurate" / "001.png", stray)
    with pytest.raises(Mistake, match=r"train/accurate/001\.png: expected a mask of 0 and 1 or 0 and 255, got 0, 8"):
        prepare(TopoMortar(), tmp_path / "raw", tmp_path / "other")
