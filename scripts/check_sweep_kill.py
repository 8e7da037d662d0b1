"""Prints whether a sweep killed five times at random moments ends with the scores of one that was left in peace.

    python scripts/check_sweep_kill.py [seed]

kill -9 goes to the whole process group, and every other time to the command alone: its children must follow it.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GRID = (
    "-m", "loss=cross_entropy,dice", "fold=0,1", "split=kfold", "study=grid", "dataset.images.size=32",
    "dataset.images.num_train=20", "dataset.images.num_val=2", "dataset.images.num_test=3", "model.width=2",
    "trainer=cpu", "trainer.max_epochs=15", "data.batch_size=2", "logger=none",
)  # fmt: skip


def start(folder: Path) -> "subprocess.Popen[bytes]":
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    command = [sys.executable, "-m", "cwmi_seg.commands.train", *GRID]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)


def killed(folder: Path, seconds: float, *, group: bool) -> str:
    """Start the sweep and kill it after some seconds; says what it had reached."""
    sweep = start(folder)
    try:
        sweep.wait(seconds)
        return "was through before it could be killed"
    except subprocess.TimeoutExpired:
        (os.killpg if group else os.kill)(sweep.pid, signal.SIGKILL)
        sweep.wait()
    epochs = {path.parent.name[-15:]: len(path.read_text().splitlines()) - 1 for path in folder.rglob("metrics.csv")}
    return f"killed {'the group' if group else 'the command'} after {seconds:.0f} s, epochs {epochs}"


def scores(folder: Path) -> dict[str, str]:
    """The scores of the images of each run, and the table of the report."""
    files = [*folder.glob("outputs/runs/*/test_images.csv"), folder / "outputs/studies/grid/report/scores.csv"]
    return {str(file.relative_to(folder)): file.read_text() for file in files}


def main() -> None:
    draw = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    with tempfile.TemporaryDirectory() as name:
        peace, disturbed = Path(name, "peace"), Path(name, "disturbed")
        begin = time.monotonic()
        print("undisturbed: exit status", start(peace).wait())
        whole = time.monotonic() - begin
        for attempt in range(5):
            print(killed(disturbed, draw.uniform(0.1, 0.3) * whole, group=attempt % 2 == 0), flush=True)
        print("last call: exit status", start(disturbed).wait())
        one, other = scores(peace), scores(disturbed)
        print(f"{len(one)} files of scores", "equal" if one == other else "DIFFER")


if __name__ == "__main__":
    main()
