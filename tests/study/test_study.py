"""Run identity, lock, status and study membership."""

import copy
import errno
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from cwmi_seg.study import members
from cwmi_seg.study.identity import RunIdentity, run_identity
from cwmi_seg.study.refusals import refuse_other_config
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_lock import RunBusy
from cwmi_seg.study.run_status import RunStatus, best_score

CHOICES = {"dataset": "drive", "model": "unet", "loss": "cwmi"}
CONFIG: dict[str, Any] = {
    "fold": 0,
    "seed": 3,
    "study": "a",
    "paths": {"data": "data", "output": "outputs"},
    "loss": {"_target_": "cwmi_seg.losses.cwmi.CWMILoss", "num_scales": 4},
    "datamodule": {"folder": "data/drive", "fold": 0, "seed": 3, "num_workers": 2, "batch_size": 10},
    "trainer": {"accelerator": "cpu", "devices": 1, "max_epochs": 50, "gradient_clip_val": 5.0},
    "callbacks": {"progress_bar": {"rate": 1}, "early_stopping": {"monitor": "val/miou"}},
}


def changed(**values: Any) -> dict[str, Any]:
    """CONFIG with dotted keys (``__`` for the dot) replaced."""
    config = copy.deepcopy(CONFIG)
    for key, value in values.items():
        *path, last = key.split("__")
        node = config
        for part in path:
            node = node[part]
        node[last] = value
    return config


def hash_of(config: dict[str, Any]) -> str:
    return run_identity(config, CHOICES, []).hash


@pytest.mark.parametrize(
    "values",
    [
        {"study": "b"},
        {"fold": 2},
        {"seed": 9},
        {"trainer__accelerator": "gpu", "trainer__devices": [3]},
        {"datamodule__num_workers": 0},
        {"callbacks__progress_bar": {"rate": 7}},
        {"paths": {"data": "/disk/d", "output": "/o"}, "datamodule__folder": "/disk/d/drive"},
        {"trainer__gradient_clip_val": 5},
    ],
)
def test_what_cannot_change_a_result_does_not_change_the_hash(values: dict[str, Any]) -> None:
    assert hash_of(changed(**values)) == hash_of(CONFIG)


@pytest.mark.parametrize(
    "values",
    [
        {"loss__num_scales": 3},
        {"trainer__max_epochs": 51},
        {"trainer__devices": 8},
        {"datamodule__folder": "data/drive2"},
        {"datamodule__seed": 9},
        {"callbacks__early_stopping__monitor": "val/vi"},
        {"datamodule__batch_size": None},
        {"trainer__gradient_clip_val": True},
    ],
)
def test_every_other_setting_changes_the_hash(values: dict[str, Any]) -> None:
    assert hash_of(changed(**values)) != hash_of(CONFIG)


def test_the_hash_is_the_same_in_every_process_and_order() -> None:
    shuffled = {key: CONFIG[key] for key in reversed(CONFIG)}
    code = f"from cwmi_seg.study.identity import run_identity; print(run_identity({shuffled!r}, {CHOICES!r}, []).hash)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hash_of(CONFIG)


def test_the_name_says_choices_fold_seed_and_hash() -> None:
    identity = run_identity(CONFIG, CHOICES, [])
    assert identity.name == f"drive-unet-cwmi-f0-s3-{identity.hash}"
    assert len(identity.hash) == 8


@given(st.text(min_size=1, max_size=20))
def test_any_choice_gives_a_safe_folder_name(choice: str) -> None:
    name = run_identity(CONFIG, {**CHOICES, "loss": choice}, []).name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def test_overrides_keep_only_what_a_label_can_use() -> None:
    given = [
        "dataset=drive",
        "loss=cwmi",
        "fold=1",
        "seed=2",
        "study=x",
        "paths.data=/d",
        "trainer.devices=2",
        "datamodule.num_workers=0",
        "hydra/launcher=ray",
        "logger=wandb",
        "+loss.num_scales=3",
        "trainer.max_epochs=5",
    ]
    identity = run_identity(CONFIG, CHOICES, given)
    assert identity.overrides == ("+loss.num_scales=3", "trainer.max_epochs=5")
    assert RunIdentity.from_dict(json.loads(json.dumps(identity.to_dict()))) == identity


def test_a_claimed_run_is_busy_until_it_is_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert not RunFolder(folder).is_claimed()
    with RunFolder(folder).claim():
        RunFolder(folder).write_status("running")
        assert RunFolder(folder).is_claimed()
        with (
            pytest.raises(RunBusy, match=rf"run: expected a free run.*process {os.getpid()} on"),
            RunFolder(folder).claim(0),
        ):
            pass
    assert not RunFolder(folder).is_claimed()
    with RunFolder(folder).claim(0):
        pass


def test_a_run_that_may_only_be_read_tells_whether_it_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another user, whose lock nobody else may open to write."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".lock"))

    folder = RunFolder(tmp_path)
    with folder.claim(), monkeypatch.context() as patch:
        folder.write_status("running")
        patch.setattr(FileLock, "acquire", denied)
        assert folder.state() == "running"
    monkeypatch.setattr(FileLock, "acquire", denied)
    assert folder.state() == "interrupted"


def test_a_killed_process_frees_its_claim(tmp_path: Path) -> None:
    code = f"""
import time; from pathlib import Path; from cwmi_seg.study.refusals import refuse_other_config
from cwmi_seg.study.run_folder import RunFolder
run = RunFolder(Path({str(tmp_path)!r}))
with run.claim():
    run.write_status("running", epoch=2); print("held", flush=True); time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child, child.stdout:
        assert child.stdout.readline() == "held\n"
        assert RunFolder(tmp_path).is_claimed()
        assert RunFolder(tmp_path).state() == "running"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert RunFolder(tmp_path).state() == "interrupted"
    with RunFolder(tmp_path).claim(0):
        assert RunFolder(tmp_path).status().epoch == 2


def test_status_keeps_progress_and_drops_an_old_error(tmp_path: Path) -> None:
    assert RunFolder(tmp_path).state() == "waiting"
    RunFolder(tmp_path).write_status("failed", epoch=1, max_epochs=5, best=0.5, error="Traceback: boom")
    assert RunFolder(tmp_path).status().error == "Traceback: boom"
    status = RunFolder(tmp_path).write_status("running", epoch=3)
    assert (status.epoch, status.max_epochs, status.best, status.error) == (3, 5, 0.5, None)
    assert RunFolder(tmp_path).status() == status
    assert RunFolder(tmp_path).write_status("running", epoch=4).since == status.since
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_a_score_of_no_image_is_never_the_best() -> None:
    assert best_score("max", math.nan, 0.25, None, 0.5) == 0.5
    assert best_score("min", 0.5, math.nan) == 0.5
    assert best_score("max", None, math.nan) is None


@pytest.mark.parametrize(("done", "total", "shown"), [(None, 5, ""), (3, 5, "3/5"), (3, None, "3")])
def test_how_far_a_run_is(tmp_path: Path, done: int | None, total: int | None, shown: str) -> None:
    folder = RunFolder(tmp_path)
    assert folder.write_status("failed", epoch=done, max_epochs=total).how_far == shown
    assert folder.unfinished() == (f"run is failed at epoch {shown}" if shown else "")


def test_a_number_of_epochs_that_bounds_nothing_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text('{"state": "failed", "epoch": 3, "max_epochs": -1}')
    assert RunFolder(tmp_path).status().how_far == "3"


def test_only_results_beside_their_config_make_a_run_done(tmp_path: Path) -> None:
    RunFolder(tmp_path).write_status("done")
    assert RunFolder(tmp_path).state() == "waiting"
    (tmp_path / "results.json").write_text("{}")
    assert RunFolder(tmp_path).state() == "waiting"
    (tmp_path / "config.yaml").write_text("{}")
    RunFolder(tmp_path).write_status("running")
    assert RunFolder(tmp_path).is_done()
    assert RunFolder(tmp_path).state() == "done"


@pytest.mark.parametrize("content", ["", "{", "[1", '{"state": "fail'])
def test_a_torn_status_tells_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "status.json").write_text(content)
    assert RunFolder(tmp_path).status() == RunStatus()
    assert RunFolder(tmp_path).state() == "waiting"


def test_a_newer_status_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text('{"state": "failed", "epoch": 3, "new": 1}')
    assert RunFolder(tmp_path).status() == RunStatus("failed", epoch=3)


def test_a_folder_with_another_config_is_refused(tmp_path: Path) -> None:
    refuse_other_config(RunFolder(tmp_path), CONFIG)
    OmegaConf.save(OmegaConf.create(CONFIG), tmp_path / "config.yaml")
    refuse_other_config(RunFolder(tmp_path), changed(study="b", trainer__accelerator="gpu"))
    with pytest.raises(ValueError, match=r"loss\.num_scales=4 \(asked: 3\); move the folder away"):
        refuse_other_config(RunFolder(tmp_path), changed(loss__num_scales=3))


def test_a_moved_folder_still_holds_its_run(tmp_path: Path) -> None:
    """A callback of the user writes into it; ``paths.output`` is ``./a``, then ``/b``."""

    def at(output: str, folder: str) -> dict[str, Any]:
        return {**changed(paths__output=output), "run_folder": folder, "callbacks": {"own": {"file": f"{folder}/x"}}}

    OmegaConf.save(OmegaConf.create(at("./a", "a/runs/name")), tmp_path / "config.yaml")
    refuse_other_config(RunFolder(tmp_path), at("/b", "/b/runs/name"))
    with pytest.raises(ValueError, match=r"callbacks\.own\.file"):
        refuse_other_config(RunFolder(tmp_path), {**at("/b", "/b/runs/name"), "callbacks": {"own": {"file": "/c/x"}}})


def test_a_config_of_before_a_key_was_renamed_is_the_same_run(tmp_path: Path) -> None:
    before = {
        **changed(),
        "dataset": {"split": "kfold", "group_folds": True},
        "data": {"batch_size": 4, "num_folds": 5, "split_seed": 1},
    }
    now = {**changed(), "dataset": {"split": "official", "group_folds": False}}
    now |= {"data": {"batch_size": 4}, "split": {"kind": "kfold", "groups": True, "num_folds": 5, "seed": 1}}
    OmegaConf.save(OmegaConf.create(before), tmp_path / "config.yaml")
    refuse_other_config(RunFolder(tmp_path), now)
    now["split"]["num_folds"] = 4
    with pytest.raises(ValueError, match=r"data\.num_folds=5 \(asked: 4\)"):
        refuse_other_config(RunFolder(tmp_path), now)


def test_studies_share_runs(tmp_path: Path) -> None:
    first, second = (run_identity(changed(fold=fold), CHOICES, ["loss.num_scales=4"]) for fold in (0, 1))
    for study, identity in [("a", first), ("a", second), ("b", second), ("a", first)]:
        members.join_study(tmp_path, study, identity)
    a, b = members.study_runs(tmp_path, "a"), members.study_runs(tmp_path, "b")
    assert list(a.values()) == [first, second]
    assert list(b) == [RunFolder.of(tmp_path, second)]
    link = json.loads((tmp_path / "studies" / "b" / f"{second.name}.json").read_text())["run"]
    assert (tmp_path / "studies" / "b" / link).resolve() == RunFolder.of(tmp_path, second).path


def test_an_unknown_or_unsafe_study_is_named(tmp_path: Path) -> None:
    members.join_study(tmp_path, "good", run_identity(CONFIG, CHOICES, []))
    with pytest.raises(FileNotFoundError, match=r"\['good'\].*got 'goood'"):
        members.study_runs(tmp_path, "goood")
    with pytest.raises(ValueError, match=r"study: .*'\.\./x'"):
        members.join_study(tmp_path, "../x", run_identity(CONFIG, CHOICES, []))
