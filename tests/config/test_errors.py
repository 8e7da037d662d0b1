import errno
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.error_lines import error_line
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.flags import flags_first
from cwmi_seg.study.config_reader import ConfigReader
from cwmi_seg.study.run_spec import DatasetSpec
from tests.conftest import Command

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


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
    dataset: dict[str, object] = {"images": {}, "crop_size": None, "pad_image": None, "pad_target": 0, "split": "kfold"}
    with pytest.raises(ValueError, match=r"dataset\.group_folds: expected a value, got no such key; add it"):
        DatasetSpec.of(ConfigReader({"dataset": dataset}))


def test_a_bug_and_a_wish_for_detail_keep_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors():
        1 / 0  # noqa: B018
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(ValueError, match="seen in full"), one_line_errors():
        raise ValueError("seen in full")


def test_conf_dir_holds_the_groups() -> None:
    assert (Path(conf_dir()) / "loss" / "cwmi.yaml").is_file()


LINES: dict[tuple[str, ...], str] = {
    ("train", "lose=dice"): "lose: expected a key of the config, got lose; perhaps loss is meant.",
    ("train", "loss=dyce"): "got dyce; perhaps dice is meant.",
    ("train", "trainer.max_epoch=3"): "got max_epoch; perhaps trainer.max_epochs is meant.",
    ("train", "loss.q=3"): "warmup_epochs, scales, measure, ignore_index, reduction, got q; choose one of them, or add",
    ("train", "data.batch_size=four"): "data.batch_size: expected a whole number, got four; mend it.",
    ("train", "loss=dice,cwmi"): "loss=dice,cwmi: expected one value; for a list write loss=[dice,cwmi], for a sweep",
    ("train", "trainer.max_epochs=${wrong}"): "Interpolation key 'wrong' not found",
    ("train", "--config-dir=nope"): "nope' not found",
    ("train", "--config-name=nope"): "nope: expected a config of this name, found none; check it",
    ("train", "seed=0", "--", "fold=0", "-m", "seed=0,1"): "-m: expected KEY=VALUE after --, got a flag;",
    ("report", "--=null"): "ambiguous option: --=null could match --help, ",
    ("train", "--nope"): "--nope: expected KEY=VALUE or a flag of --hydra-help, got neither; see --help.",
    ("train", "--config-dir"): "--config-dir/-cd: expected one argument; see --help",
    ("train", "-cn", "predict"): "--config-name: expected a config of cwmi-train, got that of cwmi-predict; leave it",
    ("train", "~seed"): "seed: expected a value, got a config without this key; leave ~seed out, or set it.",
    ("train", "~data.batch_size"): "data.batch_size: expected a value, got ~data.batch_size, which takes it away",
    ("train", "seed=null"): "seed: expected a value, got null; set it, or leave the override out.",
    ("predict", "batch_size=null"): "batch_size: expected a value, got null; set it",
    ("train", "~loss"): "loss: expected a value, got a config without this key; leave ~loss out",
    ("train", "trainer=[1,2,3]"): "trainer=[1,2,3]: expected the name of a config of trainer, got [1, 2, 3]; write",
    ("train", "loss=[]"): "loss=[]: expected the name of a config of loss, got []; write loss=NAME",
    ("train", "optimizer=null"): "optimizer=null: expected the name of a config of optimizer, got null; write optim",
    ("train", "dataset=folder", "dataset.images.root={a:1}", "loss=dice", "logger=none"): (
        "dataset.images.root: expected text, got {'a': 1}; correct it."
    ),
    ("train", "--run", "-m"): "--multirun: expected one of --run and --multirun, got both; leave one out.",
    ("train", "--resolve"): "--resolve: expected --cfg=job beside it, got it alone; add --cfg=job.",
    ("train", "--shell-completion"): "--shell-completion: expected install=SHELL or uninstall=SHELL alone",
    ("prepare", "dataset=999"): "dataset=999: expected the name of a config of dataset, got 999; write dataset=NAME",
    ("predict", "~accelerator"): "accelerator: expected a value, got a config without this key",
    ("predict", "images=999", "run=x", "out=y"): "images: expected a path or a list of paths, got 999; write images=P",
    ("report", "~show"): "show: expected a value, got a config without this key",
    ("evaluate", "~part"): "part: expected a value, got a config without this key",
    ("evaluate", "bogus"): "bogus: expected KEY=VALUE;",
    ("evaluate", "allowed_targets=mine"): "allowed_targets: expected a list, got mine; write allowed_targets=[mine].",
    ("predict", "flips=perhaps"): "flips: expected true or false, got perhaps; write flips=true or flips=false.",
    ("export", "uot=x"): "uot: expected a key of the config, got uot; perhaps out is meant.",
    ("report", "studdy=x"): "perhaps study is meant.",
    ("runs", "states=failed"): "states: expected a list, got failed; write states=[failed].",
}


@pytest.mark.parametrize("name", LINES, ids=" ".join)
def test_every_command_shows_a_mistake_in_its_command_line_in_one_line(
    command: Command, capfd: pytest.CaptureFixture[str], name: tuple[str, ...]
) -> None:
    assert command(*name) == 1
    shown = capfd.readouterr().err
    assert shown.startswith("error: ")
    assert LINES[name] in shown
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize(
    "line",
    [
        ("loss=dice", "--info"),
        pytest.param(("--info", "loss=dice"), marks=pytest.mark.slow),
        pytest.param(("-i", "loss=dice", "seed=1"), marks=pytest.mark.slow),
    ],
)
def test_information_is_shown_wherever_its_flag_stands(command: Command, line: tuple[str, ...]) -> None:
    assert command("train", *line) == 0


def test_flags_may_stand_among_the_overrides() -> None:
    assert flags_first(["loss=a=b", "-m", "fold=0"]) == ["-m", "loss=a=b", "fold=0"]
    assert flags_first(["a=1", "--config-dir", "x=y", "b=2"]) == ["--config-dir", "x=y", "a=1", "b=2"]
    assert flags_first(["a=-1", "~b", "--info", "-cn=c", "+d={e: 1}"]) == [
        "--info=all",
        "-cn=c",
        "a=-1",
        "~b",
        "+d={e: 1}",
    ]
    assert flags_first([]) == []


def test_the_processes_that_a_command_starts_see_the_users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["command"])
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    seen = []

    def job() -> None:
        with one_line_errors():
            seen.append(os.environ.get("HYDRA_FULL_ERROR"))

    run_command(job)
    assert seen == [None]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    code = "import sys; from cwmi_seg.config.errors import run_command; run_command(lambda: print('line\\n' * 100_000))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=PIPE, stderr=PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "a file cannot be written (No space left on device); make"),
        (OSError(errno.EROFS, "Read-only file system", "o/a"), "o/a: cannot be written (Read-only file system); make"),
        (FileExistsError(errno.EEXIST, "File exists", "afile"), "or choose another folder with out= or paths.output=."),
        (FileNotFoundError(errno.ENOENT, "No such file", "/proc/x"), "/proc/x: no such file; check the path."),
    ],
)
def test_what_the_system_refuses_is_named_with_a_repair(error: OSError, line: str) -> None:
    assert line in error_line(error)
    assert "Errno" not in error_line(error)


def test_ctrl_c_is_a_word_and_its_own_status(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["command"])

    def job() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as end:
        run_command(job)
    assert end.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_reader_that_has_what_it_wants_ends_a_command_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hydra reports on an exception, and not on an exit."""
    read, write = os.pipe()
    with os.fdopen(write, "w", buffering=1) as output:
        monkeypatch.setattr("sys.stdout", output)
        os.close(read)
        with pytest.raises(SystemExit) as ended, one_line_errors():
            print("the first line that nobody reads")
        assert ended.value.code == 0
    assert capsys.readouterr().err == ""


def test_a_pipe_that_breaks_elsewhere_is_an_error() -> None:
    with pytest.raises(BrokenPipeError), one_line_errors():
        raise BrokenPipeError
