"""Prints whether two processes (gloo, CPU) give the test scores that one process gives for the same checkpoint.

A single run and a sweep of ``trainer=ddp`` are trained in a temporary folder, then each is evaluated by one process.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

DDP = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.max_epochs=2", "logger=none")
TINY = ("model.width=4", "dataset.images.size=48", "dataset.images.num_train=8", "dataset.images.num_test=7")


def command(folder: Path, name: str, *arguments: str) -> None:
    full = [sys.executable, "-m", f"cwmi_seg.commands.{name}", *arguments]
    done = subprocess.run(full, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(full)}\n{done.stdout}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command(Path(folder), "train", *DDP, *TINY, "loss=dice")
        command(Path(folder), "train", "-m", *DDP, *TINY, "loss=cross_entropy,cwmi")
        for run in sorted((Path(folder) / "outputs" / "runs").iterdir()):
            command(Path(folder), "evaluate", f"run={run}", "accelerator=cpu")
            two, one = (run / "test_images.csv").read_text(), (run / "evaluation_test" / "images.csv").read_text()
            print(f"{run.name}: {'equal' if one == two else 'DIFFERENT'}, {len(two.splitlines()) - 1} images")


if __name__ == "__main__":
    main()
