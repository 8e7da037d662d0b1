"""Prints how long a study of 1,000 finished runs takes to plan and skip, to list and to report, in seconds.

    python scripts/check_many_runs.py [seeds=10]

The runs (10 losses, 10 folds, 10 seeds) are copies of one tiny training, their scores moved by noise.
"""

import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

from cwmi_seg.commands import train
from cwmi_seg.study.job import Job
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import Score

LOSSES = "cross_entropy,balanced_cross_entropy,dice,focal,jaccard,tversky,rmi,cldice,cwmi_real,cwmi"
TINY = (
    "dataset.images.size=32", "dataset.images.num_train=4", "dataset.images.num_val=2", "dataset.images.num_test=20",
    "model.width=2", "trainer=cpu", "trainer.max_epochs=2", "data.batch_size=2", "logger=none", "study=many",
)  # fmt: skip
FOLDS = ("split=kfold", "split.num_folds=10")


def pretend(job: Job) -> None:
    """In place of a training: a copy of the template, with scores of its own."""
    template, noise = RunFolder(Path("template")), random.Random(job.identity.name)
    results = template.results()
    assert results is not None
    names = list(results.test)
    images = template.images(results).to_dict("records")
    rows = [
        {key: value * noise.uniform(0.8, 1.2) if key in names else value for key, value in row.items()}
        for row in images
    ]
    scores = {name: Score(sum(row[name] for row in rows) / len(rows), 0.1) for name in names}
    job.folder.path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(template, job.folder, ignore=shutil.ignore_patterns("*.ckpt", "overlays"))
    job.folder.save_identity(job.identity)
    job.folder.save_results(replace(results, test=scores, identity=job.identity), rows)
    job.folder.write_status("done", epoch=2, max_epochs=2, best=scores["miou"].mean)


def command(name: str, *arguments: str) -> str:
    """Seconds that a command takes, and of what it spends on a CPU."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", f"cwmi_seg.commands.{name}", *arguments], check=True, stdout=subprocess.DEVNULL
    )
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return f"{seconds:.1f} ({after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime:.1f})"


def main() -> None:
    seeds = sys.argv[1].partition("=")[2] if len(sys.argv) > 1 else "10"
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        command("train", *TINY, "paths.output=once")
        (run,) = Path("once/runs").iterdir()
        run.rename("template")
        grid = ("-m", *TINY, f"loss={LOSSES}", "fold=range(10)", f"seed=range({seeds})", *FOLDS)
        sys.argv = ["cwmi-train", *grid]
        with mock.patch.object(train, "train_in_child", pretend):
            train.main()
        runs = len(list(Path("outputs/runs").iterdir()))
        print(f"{runs} runs, {os.cpu_count()} CPUs, Python {platform.python_version()}; seconds (of them CPU time)")
        seconds = {
            "second call of the sweep, composing and report included": command("train", *grid),
            "cwmi-report": command("report", "study=many"),
            "cwmi-runs": command("runs", "study=many"),
        }
        print(json.dumps(seconds, indent=1))


if __name__ == "__main__":
    main()
