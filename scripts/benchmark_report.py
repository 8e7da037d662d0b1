"""Prints what `cwmi-report` takes for a large study, what it wrote, and how long its page takes in a browser.

`runs`: 1,000 finished runs in 8 blocks (4 datasets x 2 models) of 13 losses x 5 folds; 20 test images, 8 metrics and 50
epochs a run; 40 of the cells are not done. `images`: 2,000 test images of 256 x 256 with masks and pictures, under
three losses. All scores and masks are made up. From the root of the repository, with chromium for the page:

    python scripts/benchmark_report.py runs [--number 1000] [--folder FOLDER] [--repeats 3]
    python scripts/benchmark_report.py images [--number 2000] [--folder FOLDER] [--repeats 1]

A study that FOLDER has already is measured as it is, so that writing it, which takes minutes, need not be waited for
again; `--repeats 0` writes it alone.
"""

import argparse
import os
import platform
import resource
import shutil
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
from scripts.page_measures import measured  # noqa: E402
from tests.support.fake_study import Scores, grid, made_up, write_overlays, write_study  # noqa: E402
from tests.support.kept_masks import keep_masks, write_dataset  # noqa: E402

METRICS = ("miou", "mdice", "cldice", "vi", "ari", "hd", "betti_0_error", "betti_1_error")
IMAGES, EPOCHS, DRAWN, SIZE = 20, 50, 8, 256
STUDY = "big"
MIB = 2**20


def write_runs(output: Path, number: int) -> None:
    """Many finished runs, with panels of their first test images, and some that are not done."""
    of_a_seed = len(DATASETS) * len(MODELS) * len(LOSSES) * 5
    seeds = range(-(-number // of_a_seed))
    runs = grid(tuple(DATASETS.values()), tuple(MODELS.values()), tuple(LOSSES.values()), range(5), seeds)

    def scores(run: RunIdentity) -> Scores:
        return made_up(run, IMAGES, METRICS)

    write_study(output, STUDY, runs[:number], scores, EPOCHS)
    for run in runs[:number]:
        write_overlays(RunFolder.of(output, run).path, [f"{run.fold}_{image:02d}" for image in range(DRAWN)], 128)
    for run in runs[number:]:
        join_study(output, STUDY, run)


def write_images(output: Path, number: int) -> None:
    """Three runs that were tested on many images and kept their masks."""
    names = [f"0_{image:02d}" for image in range(number)]
    runs = grid(losses=("cross_entropy", "cwmi", "dice"), folds=(0,))
    write_study(output, STUDY, runs, lambda run: made_up(run, number, METRICS), EPOCHS)
    data = write_dataset(output / "data", {name: name for name in names}, (SIZE, SIZE))
    for run in runs:
        keep_masks(RunFolder.of(output, run), data, names, {"cwmi": 0.9, "dice": 0.7}.get(run.loss, 0.5))


WRITERS = {"runs": (write_runs, 1000, 3), "images": (write_images, 2000, 1)}
"""Writer of a study, its usual size, and how often its report is made."""


def report(output: Path, repeat: int) -> None:
    """Make the report in a process of its own, without the files of an earlier one, and print what it took."""
    shutil.rmtree(folder_of(output), ignore_errors=True)
    command = [sys.executable, "-m", "cwmi_seg.commands.report", f"study={STUDY}", f"paths.output={output}"]
    start, busy = time.perf_counter(), sum(os.times()[2:4])
    subprocess.run([*command, "pictures=1000000"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    seconds, busy = time.perf_counter() - start, sum(os.times()[2:4]) - busy
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"report {repeat}: {seconds:.1f} s, {busy:.1f} s of processor time, at most {peak:.0f} MiB", flush=True)


def folder_of(output: Path) -> Path:
    """Where the report lies."""
    return output / "studies" / STUDY / "report"


def sizes(folder: Path) -> None:
    """Print what the report has written."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    beside = [path for path in files if (folder / "viewer") in path.parents]
    page = (folder / "report.html").stat().st_size
    of_all, of_viewer = (sum(path.stat().st_size for path in each) for each in (files, beside))
    print(f"{len(files)} files, {of_all / MIB:.1f} MiB: the page {page / MIB:.2f} MiB, {len(beside)} files of the "
          f"viewer {of_viewer / MIB:.1f} MiB")  # fmt: skip


def main() -> None:
    """Write the study, time the command in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", choices=list(WRITERS))
    parser.add_argument("--number", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeats", type=int)
    chosen = parser.parse_args()
    write, number, repeats = WRITERS[chosen.study]
    number, repeats = chosen.number or number, repeats if chosen.repeats is None else chosen.repeats
    print(f"python {platform.python_version()}, pandas {version('pandas')}, matplotlib {version('matplotlib')},",
          f"scipy {version('scipy')}, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}")  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        output = (chosen.folder or Path(scratch)).absolute()
        if not (output / "runs").is_dir():
            write(output, number)
        for repeat in range(repeats):
            report(output, repeat + 1)
        if repeats:
            print(f"{number} {chosen.study}: ", end="")
            sizes(folder_of(output))
            print(measured(folder_of(output) / "report.html"))


if __name__ == "__main__":
    main()
