"""Mutates valid command lines of every command, and counts those that end in a traceback instead of one line.

    python -m scripts.fuzz_commands FOLDER --lines 2000 --train 200

Each line is composed and checked up to the start of its job, in one process a command and in FOLDER, where a small
run, a study, images and a raw dataset are made first. ``--train`` carries out as many of the training lines that were
accepted, for two steps. A line is told by its command and number: ``--again train:17`` repeats one and shows all that
it prints. Exit status 1 says that there were tracebacks.
"""

import argparse
import contextlib
import importlib
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image

from scripts.fuzz_mutations import SMALL, mutated

SHARES = {"train": 10, "predict": 3, "evaluate": 2, "prepare": 2, "report": 1, "runs": 1, "export": 1}
"""Of twenty lines."""
STARTS = {
    "train": ("cwmi_seg.training.single_run.train_claimed", "hydra_plugins.cwmi_sweeper.ResumingSweeper._launch"),
    "evaluate": ("pytorch_lightning.Trainer.test", "cwmi_seg.evaluation.mask_evaluation.write_rows"),
    "predict": ("cwmi_seg.prediction.folder.predict_images",),
    "prepare": ("cwmi_seg.datasets.preparation.publish",),
    "report": ("cwmi_seg.reporting.study_report.report_study", "cwmi_seg.reporting.study_report.report_results"),
    "runs": (),
    "export": ("cwmi_seg.prediction.bundle.save_bundle",),
}
"""What begins the work of a command: a line that comes so far is accepted."""
SECONDS = 60
"""After which a line counts as too long, which is no traceback."""


class Accepted(BaseException):
    """A line came to the start of its job."""


@dataclass
class Outcome:
    """How a line ended: accepted, refused, shown (help and the like), unclear (several lines), long, traceback."""

    kind: str
    text: str
    job: Any = None


def outcome_of(command: str, line: Sequence[str]) -> Outcome:
    """Give the line to the command, in this process and up to the start of its job."""
    from hydra.core.global_hydra import GlobalHydra

    module = importlib.import_module(f"cwmi_seg.commands.{command}")
    GlobalHydra.instance().clear()
    out, error = io.StringIO(), io.StringIO()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.object(sys, "argv", [f"cwmi-{command}", *line]))
            for target in STARTS[command]:
                stack.enter_context(mock.patch(target, side_effect=_start))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(error))
            stack.enter_context(_no_longer_than(SECONDS))
            module.main()
    except Accepted as accepted:
        return Outcome("accepted", out.getvalue(), accepted.args[0])
    except TimeoutError:
        return Outcome("long", f"{SECONDS} s")
    except SystemExit as end:
        return _ended(end.code, out.getvalue(), error.getvalue())
    except BaseException:
        return Outcome("traceback", traceback.format_exc())
    return _ended(0, out.getvalue(), error.getvalue())


def _start(*arguments: Any, **_: Any) -> None:
    raise Accepted(arguments[0] if arguments else None)


def _ended(code: Any, out: str, error: str) -> Outcome:
    if "Traceback" in error:
        return Outcome("traceback", error)
    if not code:
        return Outcome("shown", out)
    kind = "refused" if error.count("\n") == 1 and error.startswith("error: ") else "unclear"
    return Outcome(kind, error or out)


@contextlib.contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    def end(*_: Any) -> None:
        raise _TooLong

    signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    except _TooLong:
        raise TimeoutError from None
    finally:
        signal.alarm(0)


class _TooLong(BaseException):
    """Passes what catches exceptions."""


def two_steps(job: Any) -> Outcome:
    """Train an accepted job for two steps, and validate and test one batch."""
    from cwmi_seg.config.errors import one_line_errors
    from cwmi_seg.study.job import Job
    from cwmi_seg.training.claimed_run import train_claimed

    short = {"max_steps": 2, "limit_val_batches": 1, "limit_test_batches": 1, "accelerator": "cpu", "devices": 1}
    config = {**job.config, "trainer": {**job.config["trainer"], **short}, "overwrite": True}
    out, error = io.StringIO(), io.StringIO()
    job.folder.path.mkdir(parents=True, exist_ok=True)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(error),
            _no_longer_than(SECONDS),
            one_line_errors(),
        ):
            train_claimed(Job(job.identity, job.folder, config))
    except TimeoutError:
        return Outcome("long", f"{SECONDS} s")
    except SystemExit as end:
        return _ended(end.code, out.getvalue(), error.getvalue())
    except BaseException:
        return Outcome("traceback", traceback.format_exc())
    return Outcome("trained", "")


def work(command: str, numbers: Sequence[int], seed: int, train: int) -> None:
    """The lines of one command; one line of JSON for each on the standard output."""
    told = os.fdopen(os.dup(1), "w")
    for number in numbers:
        line = mutated(command, number, seed)
        outcome = outcome_of(command, line)
        if outcome.kind == "accepted" and hasattr(outcome.job, "identity") and train > 0:
            train -= 1
            trained = two_steps(outcome.job)
            outcome = Outcome(f"accepted, then {trained.kind}", trained.text)
        told.write(
            json.dumps({"number": number, "line": line, "kind": outcome.kind, "text": outcome.text[-4000:]}) + "\n"
        )
        told.flush()


def make_inputs(folder: Path) -> None:
    """A run, its study, images, masks, and a raw and a prepared dataset, all small."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    for place in ("images", "masks", "raw/images", "raw/masks"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        for i in range(6):
            values = draw.integers(0, 2, (40, 40)) * 255 if place.endswith("masks") else draw.integers(0, 255, (40, 40))
            Image.fromarray(values.astype(np.uint8)).save(folder / place / f"{i}.png")
    _carry_out("train", SMALL, folder)
    _carry_out("prepare", ("dataset=folder", "raw=raw"), folder)
    _carry_out("report", ("study=smoke", "wandb=false"), folder)
    run = next((folder / "outputs" / "runs").iterdir())
    (folder / "run").symlink_to(run.relative_to(folder))


def _carry_out(command: str, line: Sequence[str], folder: Path) -> None:
    subprocess.run([sys.executable, "-m", f"cwmi_seg.commands.{command}", *line], cwd=folder, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--train", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", help="COMMAND:NUMBER")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        os.chdir(options.folder)
        command, first, last = options.work.split(":")
        work(command, range(int(first), int(last)), options.seed, options.train)
        return
    if not (options.folder / "run").exists():
        make_inputs(options.folder)
    if options.again:
        command, number = options.again.split(":")
        os.chdir(options.folder)
        line = mutated(command, int(number), options.seed)
        print(shlex.join(line), vars(outcome_of(command, line)), sep="\n")
        return
    raise SystemExit(_all(options))


def _all(options: argparse.Namespace) -> int:
    kinds: Counter[str] = Counter()
    for command, share in SHARES.items():
        lines = options.lines * share // sum(SHARES.values())
        call = [
            sys.executable,
            "-m",
            "scripts.fuzz_commands",
            str(options.folder),
            f"--work={command}:0:{lines}",
            f"--seed={options.seed}",
        ]
        call += [f"--train={options.train}"] if command == "train" else []
        with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for told in map(json.loads, process.stdout):
                kinds[told["kind"]] += 1
                if told["kind"].endswith(("traceback", "unclear", "long")):
                    print(f"{command}:{told['number']} {told['kind']}: {shlex.join(told['line'])}", flush=True)
                    print(
                        f"    {told['text'].strip().splitlines()[-1][:300] if told['text'].strip() else ''}", flush=True
                    )
        if process.returncode:
            print(f"{command}: the process ended with exit status {process.returncode}", flush=True)
            kinds["traceback"] += 1
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    return int(any(kind.endswith("traceback") for kind in kinds))


if __name__ == "__main__":
    main()
