"""The train command as a user runs it, on images of 32 pixels."""

import csv
import json
import os
from pathlib import Path

import pytest
import torch
from pytorch_lightning.utilities.exceptions import SIGTERMException

from cwmi_seg.models.unet import UNet
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.training.task import SegmentationTask
from tests.conftest import FINISHED, TINY, Command
from tests.support.outputs import only_run, scores


def losses(folder: Path) -> list[str]:
    return [row["train/loss"] for row in csv.DictReader((folder / "metrics.csv").read_text().splitlines())]


def test_a_run_leaves_everything_in_its_folder(finished_run: Path) -> None:
    folder = finished_run
    present = {path.name for path in folder.iterdir()}
    assert present >= {
        "config.yaml", "dataset.json", "identity.json", "status.json", "split.json", "metrics.csv", "test_images.csv",
        "results.json", "best.ckpt", "last.ckpt", "train.log", "overlays",
    }  # fmt: skip
    results = json.loads((folder / "results.json").read_text())
    rows = list(csv.DictReader(scores(folder).splitlines()))
    assert results["num_test_images"] == len(rows) == 3
    assert list(rows[0])[:4] == ["index", "name", "group", "miou"]
    assert len({row["group"] for row in rows}) == 3
    assert results["test"]["miou"]["mean"] == pytest.approx(sum(float(row["miou"]) for row in rows) / 3)
    assert json.loads((folder / "status.json").read_text())["state"] == "done"
    assert len(list((folder / "overlays").glob("*.png"))) == 3
    assert torch.load(folder / "best.ckpt", weights_only=True)["epoch"] == 0


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        pytest.param((), "training 2 steps an epoch\n", marks=pytest.mark.slow),
        (("data.batch_size=3",), "training 1 step an epoch; crops left over in each, for they fill no batch: 1\n"),
        pytest.param(
            ("data.batch_size=3", "data.crops_per_image=3", "trainer.limit_train_batches=2"),
            "training 2 steps an epoch\n",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ("data.crops_per_image=3", "trainer.accumulate_grad_batches=4"),
            "training 2 steps an epoch\n",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_run_says_how_many_steps_an_epoch_has_and_what_they_leave_over(
    command: Command, capsys: pytest.CaptureFixture[str], overrides: tuple[str, ...], said: str
) -> None:
    assert command("train", *TINY, "loss=dice", *overrides) == 0
    shown = capsys.readouterr().out
    assert said in shown
    assert str(only_run()) in shown


def test_a_finished_run_is_skipped(command: Command, finished_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (finished_run / "results.json").stat().st_mtime_ns
    assert command("train", *FINISHED) == 0
    assert (only_run() / "results.json").stat().st_mtime_ns == before
    assert "done before" in capsys.readouterr().out


def test_an_interrupted_run_ends_as_if_it_had_not_been(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    three = (*TINY, "trainer.max_epochs=3", "scheduler.step_size=1")
    command("train", *three, "paths.output=whole")
    step, calls = SegmentationTask.training_step, []

    def fails_in_the_second_epoch(task: SegmentationTask, batch: object, batch_idx: int) -> torch.Tensor:
        calls.append(batch_idx)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return step(task, batch, batch_idx)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(SegmentationTask, "training_step", fails_in_the_second_epoch)
        assert command("train", *three, "paths.output=cut") == 1
    cut, whole = only_run(Path("cut")), only_run(Path("whole"))
    assert "power cut" in json.loads((cut / "status.json").read_text())["error"]
    assert "power cut" in (cut / "train.log").read_text()
    assert command("train", *three, "paths.output=cut") == 0
    assert scores(cut) == scores(whole)
    assert len((cut / "metrics.csv").read_text().splitlines()) == 1 + 3
    weights = [torch.load(folder / "last.ckpt", weights_only=True)["state_dict"] for folder in (cut, whole)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[1])


@pytest.mark.slow
def test_a_resumed_run_starts_after_its_last_epoch_also_where_that_was_not_the_best(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No epoch before the fourth is validated, so that none of them is a new best."""
    four = (*TINY, "trainer.max_epochs=4", "trainer.check_val_every_n_epoch=4", "scheduler.step_size=1")
    command("train", *four, "paths.output=whole")
    step, epochs = SegmentationTask.training_step, []

    def fails_in_epoch_two(task: SegmentationTask, batch: object, batch_idx: int) -> torch.Tensor:
        epochs.append(task.current_epoch)
        if epochs.count(2) == 1:
            raise RuntimeError("power cut")
        return step(task, batch, batch_idx)  # type: ignore[arg-type]

    monkeypatch.setattr(SegmentationTask, "training_step", fails_in_epoch_two)
    assert command("train", *four, "paths.output=cut") == 1
    assert torch.load(only_run(Path("cut")) / "last.ckpt", weights_only=True)["epoch"] == 1
    epochs[:] = [2]  # it is over
    assert command("train", *four, "paths.output=cut") == 0
    assert epochs[1:] == [2, 2, 3, 3]
    cut, whole = only_run(Path("cut")), only_run(Path("whole"))
    assert scores(cut) == scores(whole)
    assert losses(cut) == losses(whole)
    for name in ("best.ckpt", "last.ckpt"):
        weights = [torch.load(folder / name, weights_only=True)["state_dict"] for folder in (cut, whole)]
        assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[1])


@pytest.mark.slow
def test_seed_zero_repeats_and_seed_one_differs(command: Command, finished_run: Path) -> None:
    for output, seed in (("b", 0), ("c", 1)):
        assert command("train", *FINISHED, f"paths.output={output}", f"seed={seed}") == 0
    b, c = (losses(only_run(Path(output))) for output in "bc")
    assert losses(finished_run) == b
    assert b != c


@pytest.mark.parametrize("precision", [pytest.param("32-true", marks=pytest.mark.slow), "bf16-mixed"])
def test_evaluation_repeats_the_test(command: Command, monkeypatch: pytest.MonkeyPatch, precision: str) -> None:
    assert command("train", *TINY, "loss=dice", f"trainer.precision={precision}") == 0
    folder, forward, halves = only_run(), UNet.forward, []

    def watched(model: UNet, images: torch.Tensor) -> torch.Tensor:
        halves.append(torch.is_autocast_enabled("cpu"))
        return forward(model, images)

    monkeypatch.setattr(UNet, "forward", watched)
    assert command("evaluate", f"run={folder}", "accelerator=cpu") == 0
    assert (folder / "evaluation_test" / "images.csv").read_text() == scores(folder)
    assert halves == [precision == "bf16-mixed"] * 3


@pytest.mark.slow
def test_evaluation_keeps_to_the_split_of_the_training(command: Command, capfd: pytest.CaptureFixture[str]) -> None:
    command("train", *TINY, "loss=dice", "dataset.split=kfold")
    folder = only_run()
    split = json.loads((folder / "split.json").read_text())
    config = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(config.replace("val_fraction: 0.2\n  seed: 0", "val_fraction: 0.2\n  seed: 1"))
    assert command("evaluate", f"run={folder}") == 0
    assert (folder / "evaluation_test" / "images.csv").read_text() == scores(folder)
    (folder / "split.json").write_text(json.dumps({**split, "test": ["gone"]}))
    assert command("evaluate", f"run={folder}") == 1
    assert "split.json: synthetic vessels has no image gone" in capfd.readouterr().err


@pytest.mark.skipif(torch.accelerator.is_available(), reason="needs a machine without a GPU")
def test_evaluation_without_the_gpu_asked_for_is_one_line(
    command: Command, finished_run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("evaluate", f"run={finished_run}", "accelerator=gpu") == 1
    shown = capfd.readouterr().err
    assert shown == "error: accelerator: expected a GPU, found none; use accelerator=cpu.\n"


def test_a_loss_from_a_users_own_file(command: Command, in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (in_empty_folder / "losses_of_a_user.py").write_text(
        "from torch import nn\n\n\nclass Half(nn.Module):\n"
        "    def forward(self, logits, target):\n        return 0.5 * nn.functional.cross_entropy(logits, target)\n"
    )
    (in_empty_folder / "my_conf" / "loss").mkdir(parents=True)
    (in_empty_folder / "my_conf" / "loss" / "half.yaml").write_text("_target_: losses_of_a_user.Half\n")
    monkeypatch.syspath_prepend(str(in_empty_folder))
    own = ("--config-dir=my_conf", *TINY, "loss=half")
    assert command("train", *own) == 1
    assert command("train", *own, "allowed_targets=[losses_of_a_user]") == 0
    assert "half" in only_run().name


@pytest.mark.slow
@pytest.mark.parametrize("model", ["attention_unet", "smp"])
def test_other_networks_train(command: Command, model: str) -> None:
    tiny = [override for override in TINY if not override.startswith("model.")]
    size = "model.encoder=resnet18" if model == "smp" else "model.width=2"
    assert command("train", *tiny, f"model={model}", size, "loss=dice") == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("own", "spins"), [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)]
)
def test_threads_wait_briefly_unless_the_user_says_how(
    command: Command, monkeypatch: pytest.MonkeyPatch, own: dict[str, str], spins: str | None
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that monkeypatch restores what the command sets
        monkeypatch.delenv(name)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    command("train", "--help")
    assert os.environ.get("GOMP_SPINCOUNT") == spins


@pytest.mark.slow
def test_validation_every_other_epoch_is_no_reason_to_warn(command: Command) -> None:
    epochs = ("trainer.max_epochs=3", "trainer.check_val_every_n_epoch=2")
    assert command("train", *TINY, "loss=dice", *epochs) == 0
    assert json.loads((only_run() / "results.json").read_text())["best_epoch"] == 1
    rows = list(csv.DictReader((only_run() / "metrics.csv").read_text().splitlines()))
    assert [row["val/miou"] != "" for row in rows] == [False, True, False]
    assert [row["train/loss"] != "" for row in rows] == [True] * 3


@pytest.mark.slow
def test_a_number_of_steps_ends_within_an_epoch(command: Command) -> None:
    assert command("train", *TINY, "loss=dice", "trainer.max_epochs=3", "trainer.max_steps=3") == 0
    seconds = [row["train/seconds"] for row in csv.DictReader((only_run() / "metrics.csv").read_text().splitlines())]
    assert len(set(seconds)) == 2
    results = json.loads((only_run() / "results.json").read_text())
    assert results["train_seconds"] == pytest.approx(sum(map(float, seconds)))


BAD = {
    "seed=abc": "seed",
    "loss=unknown": "loss: expected one of",
    "model.width=0": "width: expected at least 1, got 0",
    "model.widht=3": "widht",
    "data.batch_size=0": "data.batch_size",
    "dataset.crop_size=[64,64]": "dataset.crop_size: expected at most the image size",
    "dataset.images.kind=snakes": "kind",
    "fold=3": "fold",
    "split.num_folds=99": "split.num_folds",
    "data.num_folds=5": "data.num_folds: expected split.num_folds, which this key is called now",
    "data.val_fraction=0.1": "data.val_fraction: expected split.val_fraction",
    "data.split_seed=1": "data.split_seed: expected split.seed",
    "trainer.accelerator=quantum": "quantum",
    "loss._target_=os.system": "loss._target_: os.system is not allowed",
    "study=a/b": "study",
}


@pytest.mark.parametrize("override", BAD)
def test_a_mistake_is_one_clear_line(command: Command, capfd: pytest.CaptureFixture[str], override: str) -> None:
    folds = ("dataset.split=kfold",) if "fold" in override else ()
    assert command("train", *TINY, *folds, override) == 1
    shown = capfd.readouterr().err
    assert BAD[override] in shown
    assert "Traceback" not in shown


def test_losing_wandb_does_not_lose_the_training(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("wandb.init", broken)
    assert command("train", *TINY, "logger=wandb", "loss=dice") == 0
    assert "no space left on device" in capsys.readouterr().out
    assert (only_run() / "results.json").is_file()


@pytest.mark.parametrize(
    ("raised", "code"),
    [(KeyboardInterrupt, 130), pytest.param(SIGTERMException, 143, marks=pytest.mark.slow)],
)
def test_an_interruption_has_its_own_status_and_a_line(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: type[BaseException],
    code: int,
) -> None:
    def stops_in_the_second_epoch(task: SegmentationTask, batch: object, batch_idx: int) -> None:
        if task.current_epoch == 1:
            raise raised

    monkeypatch.setattr(SegmentationTask, "on_train_batch_start", stops_in_the_second_epoch)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # Lightning lets a process ignore Ctrl-C from the first on
    assert command("train", *TINY, "loss=dice", "trainer.max_epochs=3") == code
    told = "interrupted after epoch 1/3; the same command resumes"
    assert told in capsys.readouterr().out
    assert told in (only_run() / "train.log").read_text()
    assert "Traceback" not in (only_run() / "train.log").read_text()
    assert RunFolder(only_run()).state() == "interrupted"


def test_a_busy_run_is_an_error_and_a_finished_one_needs_no_writing(command: Command, finished_run: Path) -> None:
    member = next(Path("outputs/studies/default").glob("*.json"))
    before = member.stat().st_mtime_ns
    with RunFolder(finished_run).claim():
        assert command("train", *FINISHED) == 0
        assert command("train", *FINISHED, "overwrite=true") == 1
    assert member.stat().st_mtime_ns == before
