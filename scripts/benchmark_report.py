"""Prints the seconds that `cwmi-report` takes for a study of 1,000 finished runs, and what it wrote.

8 blocks (4 datasets x 2 models) of 13 losses x 5 folds x 2 seeds; 20 test images, 8 metrics and 50 epochs a run; all
scores made up; 40 of the 1,040 cells are not done. Run it from the root of the repository:

    python scripts/benchmark_report.py [NUMBER_OF_RUNS]
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cwmi_seg.reporting.paper import DATASETS, LOSSES, MODELS  # noqa: E402
from cwmi_seg.study.identity import RunIdentity  # noqa: E402
from cwmi_seg.study.members import join_study  # noqa: E402
from cwmi_seg.study.run_folder import RunFolder  # noqa: E402
from tests.support.fake_study import Scores, grid, made_up, write_overlays, write_study  # noqa: E402

METRICS = ("miou", "mdice", "cldice", "vi", "ari", "hd", "betti_0_error", "betti_1_error")
IMAGES, EPOCHS, DRAWN = 20, 50, 8


def scores(run: RunIdentity) -> Scores:
    """Scores of the test images."""
    return made_up(run, IMAGES, METRICS)


def write(output: Path, number: int) -> None:
    """The run folders, with panels of the first test images."""
    runs = grid(tuple(DATASETS.values()), tuple(MODELS.values()), tuple(LOSSES.values()), range(5), (0, 1))
    write_study(output, "big", runs[:number], scores, EPOCHS)
    for run in runs[:number]:
        write_overlays(RunFolder.of(output, run).path, [f"{run.fold}_{image:02d}" for image in range(DRAWN)], 128)
    for run in runs[number:]:
        join_study(output, "big", run)


def main() -> None:
    """Write, time the command in a process of its own three times, print."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"python {platform.python_version()}, pandas {version('pandas')}, matplotlib {version('matplotlib')},",
          f"scipy {version('scipy')}, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), number)
        command = [sys.executable, "-m", "cwmi_seg.commands.report", "study=big", f"paths.output={folder}"]
        for repeat in range(3):
            start, busy = time.perf_counter(), sum(os.times()[2:4])
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            seconds, busy = time.perf_counter() - start, sum(os.times()[2:4]) - busy
            print(f"run {repeat + 1}: {seconds:.1f} s, {busy:.1f} s of processor time")
        report = Path(folder, "studies", "big", "report")
        files = [path for path in report.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 2**20
        page = (report / "report.html").stat().st_size / 2**20
        print(f"{number} runs: {len(files)} files, {size:.1f} MiB, of which the page {page:.1f} MiB")


if __name__ == "__main__":
    main()
