"""Writer of the run folders of a study, with made-up scores, in the layout that the train command leaves."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cwmi_seg.files.csv_files import write_rows
from cwmi_seg.files.json_files import write_json
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.members import join_study
from cwmi_seg.study.run_folder import RunFolder

Scores = dict[str, list[float]]
Make = Callable[[RunIdentity], Scores]
CONFIG = """\
dataset: {split: kfold, crop_size: [64, 64]}
data: {num_folds: 3, val_fraction: 0.2, batch_size: 10}
trainer: {max_epochs: 2, gradient_clip_val: 5.0}
optimizer: {_target_: torch.optim.Adam, lr: 1.0e-04}
"""


def grid(
    datasets: Sequence[str] = ("drive",),
    models: Sequence[str] = ("unet",),
    losses: Sequence[str] = ("cross_entropy", "cwmi", "dice"),
    folds: Sequence[int] = (0, 1, 2),
    seeds: Sequence[int] = (0,),
    overrides: tuple[str, ...] = (),
) -> list[RunIdentity]:
    """The runs of a sweep; the hash depends on the loss, as it does in earnest."""
    choices = itertools.product(datasets, models, enumerate(losses), folds, seeds)
    return [
        RunIdentity(dataset, model, loss, fold, seed, f"{number:08x}", overrides)
        for dataset, model, (number, loss), fold, seed in choices
    ]


def made_up(run: RunIdentity, images: int = 8, metrics: Sequence[str] = ("miou", "mdice", "vi")) -> Scores:
    """Scores that differ by loss, fold and seed; cwmi best, images of unequal difficulty."""
    rng = np.random.default_rng([run.fold, run.seed, *run.name.encode()])
    difficulty = np.random.default_rng(run.fold).uniform(0, 0.1, images)
    quality = {"cwmi": 0.85, "dice": 0.8}.get(run.loss, 0.7)
    base = quality - difficulty + rng.normal(0, 0.01, images)
    return {name: ((1 - base) * 5 if name == "vi" else base).tolist() for name in metrics}


def write_study(output: Path, study: str, runs: Sequence[RunIdentity], make: Make = made_up, epochs: int = 2) -> Path:
    """Finished runs; an image's name tells its fold."""
    for run in runs:
        join_study(output, study, run)
        write_run(RunFolder.of(output, run).path, run, make(run), epochs)
    return output


def write_run(folder: Path, run: RunIdentity, scores: Scores, epochs: int = 2) -> None:
    """The folder of one finished run."""
    write_json(folder / "identity.json", run.to_dict())
    (folder / "config.yaml").write_text(CONFIG)
    columns = list(zip(*scores.values(), strict=True))
    names = [{"index": i, "name": f"{run.fold}_{i:02d}"} for i in range(len(columns))]
    rows = [{**name, **dict(zip(scores, values, strict=True))} for name, values in zip(names, columns, strict=True)]
    write_rows(folder / "test_images.csv", rows)
    best = float(np.mean(next(iter(scores.values()))))
    lines = [f"{epoch},{1 / (epoch + 1)},{best * (1 - 0.5 ** (epoch + 1))},3.0" for epoch in range(epochs)]
    (folder / "metrics.csv").write_text("\n".join(["epoch,train/loss,val/miou,train/seconds", *lines]) + "\n")
    RunFolder(folder).write_status("done", epoch=epochs - 1, max_epochs=epochs)
    write_json(folder / "results.json", _results(run, scores, epochs))


def write_failed(output: Path, study: str, run: RunIdentity, error: str = "Traceback\nRuntimeError: no memory") -> None:
    """A run that ended with an exception."""
    join_study(output, study, run)
    RunFolder.of(output, run).write_status("failed", error=error)


def write_overlays(folder: Path, names: Sequence[str], size: int = 16) -> None:
    """Panels of image, target and prediction, 4 pixels apart."""
    (folder / "overlays").mkdir()
    for number, name in enumerate(names):
        tiles = [np.full((size, size, 3), 40 * (number + tile + 1) % 256, np.uint8) for tile in range(3)]
        line = np.full((size, 4, 3), 255, np.uint8)
        panel = np.concatenate([tiles[0], line, tiles[1], line, tiles[2]], axis=1)
        Image.fromarray(panel).save(folder / "overlays" / f"{name}.png")


def _results(run: RunIdentity, scores: Scores, epochs: int) -> dict[str, Any]:
    spread = {name: float(np.std(values, ddof=1)) for name, values in scores.items()}
    return {
        "identity": run.to_dict(),
        "best_epoch": epochs - 1,
        "epochs": epochs,
        "train_seconds": 3.0 * epochs,
        "test_seconds": 1.0,
        "num_test_images": len(next(iter(scores.values()))),
        "test": {name: {"mean": float(np.mean(values)), "std": spread[name]} for name, values in scores.items()},
        "versions": {"torch": "2.0"},
    }
