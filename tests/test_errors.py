import pytest
from hydra.utils import instantiate

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


def test_a_bug_and_a_wish_for_detail_keep_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors():
        1 / 0  # noqa: B018
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(ValueError, match="seen in full"), one_line_errors():
        raise ValueError("seen in full")


def test_conf_dir_holds_the_groups() -> None:
    from pathlib import Path

    assert (Path(conf_dir()) / "loss" / "cwmi.yaml").is_file()
