import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from cwmi_seg.build import build_source
from cwmi_seg.conf_dir import conf_dir
from cwmi_seg.errors import one_line_errors


def test_a_mistake_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end, one_line_errors():
        raise FileNotFoundError("raw: no folder\n  /nowhere")
    assert end.value.code == 1
    assert capsys.readouterr().err == "error: raw: no folder /nowhere\n"


def test_a_mistake_in_a_constructor_shows_its_own_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), one_line_errors():
        instantiate({"_target_": "cwmi_seg.models.unet.UNet", "in_channels": 1, "num_classes": 2, "width": 0})
    assert capsys.readouterr().err == "error: width: expected at least 1, got 0; use for example 16.\n"


def test_a_value_that_was_left_open_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    config = OmegaConf.create({"dataset": {"images": "???"}})
    with pytest.raises(SystemExit), one_line_errors():
        OmegaConf.to_container(config, throw_on_missing=True)
    assert capsys.readouterr().err == "error: dataset.images: expected a value, got ???; set it.\n"


def test_a_key_that_a_dataset_lacks_is_named() -> None:
    dataset = {"images": {}, "crop_size": None, "pad_image": None, "pad_target": 0, "split": "kfold"}
    with pytest.raises(ValueError, match=r"dataset\.group_folds: expected a value, got no such key; add it"):
        build_source({"dataset": dataset})


def test_a_bug_and_a_wish_for_detail_keep_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors():
        1 / 0  # noqa: B018
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(ValueError, match="seen in full"), one_line_errors():
        raise ValueError("seen in full")


def test_conf_dir_holds_the_groups() -> None:
    from pathlib import Path

    assert (Path(conf_dir()) / "loss" / "cwmi.yaml").is_file()
