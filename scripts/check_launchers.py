"""Prints, for each launcher named, how a grid of 12 tiny runs ends when one raises, one exits and one is killed.

    python scripts/check_launchers.py local parallel slurm ray

The first call of the sweep meets the three; for the second they are mended. Expected of every launcher: 9 done and 3
failed with exit status 1, then 3 trained and 12 done with exit status 0, 12 W&B runs with the config of their own, and
one report. ``slurm`` needs a cluster, ``parallel``, ``slurm`` and ``ray`` their extras. Further arguments with a ``=``
are overrides, such as ``hydra.launcher.cpus_per_task=1``.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LOSS = """
import json, os, signal, sys
from pathlib import Path
from cwmi_seg.losses import CrossEntropyLoss

class Unlucky(CrossEntropyLoss):
    def forward(self, *arguments):
        run = Path(sys.argv[1]).parent.name
        todo = next((todo for begin, todo in json.loads(Path("todo.json").read_text()).items() if begin in run), "")
        if todo == "raise":
            raise RuntimeError("as planned")
        if todo == "exit":
            sys.exit(3)
        if todo == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(*arguments)
"""
TODO = {"synthetic-unet-unlucky": "raise", "rings-unet-unlucky": "exit", "rings-attention_unet-unlucky": "kill"}
GRID = (
    "--config-dir=own", "-m", "dataset=synthetic,rings", "model=unet,attention_unet", "loss=cross_entropy,dice,unlucky",
    "allowed_targets=[unlucky]", "study=grid", "model.width=2", "dataset.images.size=32", "dataset.images.num_train=4",
    "dataset.images.num_val=2", "dataset.images.num_test=3", "trainer=cpu", "trainer.max_epochs=1", "data.batch_size=2",
)  # fmt: skip


def prepare(folder: Path) -> None:
    """A loss and a dataset of one's own, in the folder that the command is called from."""
    (folder / "unlucky.py").write_text(LOSS)
    (folder / "own" / "loss").mkdir(parents=True)
    (folder / "own" / "dataset").mkdir()
    (folder / "own" / "loss" / "unlucky.yaml").write_text("_target_: unlucky.Unlucky\n")
    (folder / "own" / "dataset" / "rings.yaml").write_text("defaults: [synthetic, _self_]\nimages: {kind: rings}\n")


def sweep(folder: Path, launcher: str, overrides: list[str]) -> None:
    """One call; prints its exit status, duration and what it says of the runs."""
    command = [sys.executable, "-m", "cwmi_seg.commands.train", *GRID, f"launcher={launcher}", *overrides]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent), "WANDB_MODE": "offline"}
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    print(f"{launcher}: exit status {done.returncode} after {time.monotonic() - start:.0f} s")
    lines = [line for line in done.stdout.splitlines() if re.match(r"sweep|failed|launcher|interrupted|waiting", line)]
    print("\n".join(f"    {line}" for line in lines) or done.stdout + done.stderr)


def facts(folder: Path) -> str:
    """What lies in the folders at the end."""
    runs = list((folder / "outputs" / "runs").iterdir())
    results = [json.loads((run / "results.json").read_text()) for run in runs if (run / "results.json").exists()]
    logged = [(run, wandb_config(run)) for run in runs]
    own = sum(
        f"{config.get('dataset')}-{config.get('model')}-{config.get('loss')}-" in run.name for run, config in logged
    )
    report = folder / "outputs" / "studies" / "grid" / "report" / "report.md"
    return f"{len(results)} results, {own} W&B runs with the config of their own, report {report.exists()}"


def wandb_config(run: Path) -> dict[str, str]:
    """What the last W&B run of a folder was started with."""
    files = sorted(run.glob("wandb/offline-run-*/*.wandb"))
    if not files:
        return {}
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(files[-1])]
    records = map(json.loads, subprocess.run(command, capture_output=True, text=True).stdout.splitlines())
    return next((record["run"]["config"]["update"] for record in records if record["type"] == "run"), {})


def main() -> None:
    overrides = [argument for argument in sys.argv[1:] if "=" in argument]
    for launcher in (argument for argument in sys.argv[1:] if "=" not in argument):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
            folder = Path(name)
            prepare(folder)
            for todo in (TODO, {}):
                (folder / "todo.json").write_text(json.dumps(todo))
                sweep(folder, launcher, overrides)
            print(f"    {facts(folder)}", flush=True)


if __name__ == "__main__":
    main()
