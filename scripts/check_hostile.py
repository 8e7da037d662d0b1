"""Gives configs, bundles and run folders of a stranger to the commands, and prints what each of them did.

    python scripts/check_hostile.py

Each would write a file, or carry the environment variable ``CANARY`` out, if it were obeyed. Right: exit status 1 with
one line (a report goes on without the run), and "no" in the last three columns. All runs in one process and a
temporary folder, in about a minute. Exit status 1 says that something was obeyed.
"""

import contextlib
import importlib
import io
import json
import os
import pickle
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

SECRET = "the-secret-of-the-environment"
TINY = (
    "dataset.images.size=32", "dataset.images.num_train=4", "dataset.images.num_val=2", "dataset.images.num_test=2",
    "trainer=cpu", "trainer.max_epochs=1", "data.batch_size=2", "logger=none", "loss=dice",
)  # fmt: skip
HUB = "{_target_: torch.hub.load, repo_or_dir: hub, model: m, source: local}"
TOUCH = "{_target_: subprocess.check_output, args: [touch, pwned]}"
URL = "{_target_: segmentation_models_pytorch.datasets.oxford_pet.download_url, url: 'data:,x', filepath: pwned}"
UNET = "_target_: cwmi_seg.models.unet.UNet"

EXPERIMENTS = {
    "a list of allowed modules": f"allowed_targets: [torch.hub]\nloss: {HUB}",
    "the same, resolved late": f"x: [torch.hub]\nallowed_targets: ${{x}}\nloss: {HUB}",
    "a callback of Hydra: hub": f"hydra: {{callbacks: {{x: {HUB}}}}}",
    "a callback of Hydra: pickle": "hydra: {callbacks: {x: {_target_: torch.load, f: evil.ckpt, weights_only: false}}}",
    "a callback of Hydra: copy": "hydra: {callbacks: {x: {_target_: shutil.copyfile, src: /etc/passwd, dst: pwned}}}",
    "a callback of Hydra: process": f"hydra: {{callbacks: {{x: {TOUCH}}}}}",
    "a callback of Hydra by reference": f"x: {{y: {HUB}}}\nhydra: {{callbacks: '${{x}}'}}",
    "a target by reference": "hydra: {callbacks: {x: {_target_: '${study}', repo_or_dir: hub}}}\nstudy: torch.hub.load",
    "a launcher": "hydra: {launcher: {_target_: subprocess.check_output, args: [touch, pwned]}}",
    "a target in a launcher": f"hydra: {{launcher: {{+x: {HUB}}}}}",
    "shell lines for Slurm": "hydra: {launcher: {setup: [touch pwned]}}",
    "a sweeper": "hydra: {sweeper: {_target_: subprocess.check_output, args: [touch, pwned]}}",
    "a logging factory": "hydra: {job_logging: {handlers: {x: {(): subprocess.check_output, args: [touch, pwned]}}}}",
    "a logging class": "hydra: {job_logging: {handlers: {x: {class: evil_module.Handler}}, root: {handlers: [x]}}}",
    "a log file": "hydra: {job_logging: {handlers: {x: {class: logging.FileHandler, filename: pwned}}}}",
    "a formatter": "hydra: {hydra_logging: {formatters: {x: {(): evil_module.Formatter}}}}",
    "the environment of the job": "hydra: {job: {env_set: {CWMI_ALLOWED_TARGETS: torch.hub, PYTHONPATH: pwned}}}",
    "the folder of the job": "hydra: {run: {dir: pwned}, output_subdir: x}",
    "the folder of a sweep": "hydra: {mode: MULTIRUN, sweep: {dir: pwned}}",
    "a swept list of modules": f"hydra: {{sweeper: {{params: {{allowed_targets: '[torch.hub]'}}}}}}\nloss: {HUB}",
    "a loss: hub": f"loss: {HUB}",
    "a loss: module of the folder": "loss: {_target_: evil_module.Loss}",
    "a loss: function": f"loss: {URL}",
    "a network: argument": f"model: {{width: {URL}}}",
    "a network: handed on": "model: {width: {_target_: cwmi_seg.models.unet.torch.save, obj: 1, f: pwned}}",
    "a network: weights by address": "model: {_target_: cwmi_seg.models.smp.SMPModel, x_url: 'http://[::1]/x'}",
    "a metric": f"metrics: {{test: {{overlap: {URL}}}}}",
    "an optimizer of another kind": "optimizer: {_target_: torch.optim.swa_utils.AveragedModel}",
    "an image source": "dataset: {images: {_target_: cwmi_seg.datasets.writer.DatasetWriter, folder: pwned}}",
    "weights elsewhere": "callbacks: {checkpoint: {dirpath: /tmp/pwned}}",
    "a log elsewhere": "logger: {_target_: pytorch_lightning.loggers.CSVLogger, save_dir: pwned}",
    "a profile": "trainer: {profiler: {_target_: pytorch_lightning.profilers.SimpleProfiler, dirpath: pwned}}",
    "overlays elsewhere": "callbacks: {overlays: {folder: '${run_folder}/../../../pwned'}}",
    "a callback": f"callbacks: {{x: {URL}}}",
}
"""Files ``experiment/x.yaml`` of a --config-dir, by what they are after."""

OTHERS = {
    "launcher/x.yaml": (
        "a launcher file",
        f"# @package _global_\nhydra: {{callbacks: {{x: {HUB}}}}}",
        ["launcher=x", "-m"],
    ),
    "loss/x.yaml": ("a loss file", f"# @package _global_\nallowed_targets: [torch.hub]\nloss: {HUB}", ["loss=x"]),
    "model/x.yaml": ("a file of another package", f"# @package hydra.callbacks\nx: {HUB}", ["model=x"]),
    "local/default.yaml": (
        "a local file",
        "# @package _global_\nallowed_targets: [evil_module]\nloss: {_target_: evil_module.Loss}",
        [],
    ),
    "root.yaml": (
        "a root config",
        "defaults: [train, _self_]\nhydra: {searchpath: ['pkg://evil_module']}",
        ["--config-name=root"],
    ),
}
"""Other files of a --config-dir: what they are, their text, and the overrides that choose them."""

MODELS: dict[str, dict[str, Any]] = {
    "a function": {"width": {"_target_": URL[11:].split(",")[0], "url": "data:,x", "filepath": "pwned"}},
    "a hub": {"_target_": "torch.hub.load", "repo_or_dir": "hub", "model": "m", "source": "local"},
    "a module of the folder": {"_target_": "evil_module.Loss"},
    "a function handed on": {"width": {"_target_": "cwmi_seg.models.unet.torch.save", "obj": 1, "f": "pwned"}},
    "the environment": {"width": "${oc.env:CANARY}"},
    "a hidden target": {"width": '${oc.create:"{_target_: os.getcwd}"}'},
    "weights by path": {"_target_": "cwmi_seg.models.smp.SMPModel", "width": None, "checkpoint_path": "evil.ckpt"},
}
"""Changes of the model in a bundle or a run folder."""

RECORDS: dict[str, dict[str, Any]] = {
    "the environment in a report": {"study": "${oc.env:CANARY}"},
    "the environment for W&B": {
        "logger": {"_target_": "cwmi_seg.loggers.wandb_run.WandbRun", "project": "${oc.env:CANARY}"}
    },
    "a metric": {"metrics": {"val": {}, "test": {"x": {"_target_": "evil_module.Loss"}}, "every_n_epochs": 0}},
    "an image source": {
        "dataset": {"images": {"_target_": "cwmi_seg.datasets.writer.DatasetWriter", "folder": "pwned"}}
    },
    "its own list of modules": {"allowed_targets": ["evil_module"], "loss": {"_target_": "evil_module.Loss"}},
}
"""Changes of the config in a run folder."""


class Payload:
    """A pickle that writes a file when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("pwned").absolute(),)


@dataclass(frozen=True)
class Outcome:
    """What a command did with a hostile file."""

    status: int
    said: str
    executed: bool
    written: bool
    read: bool

    @property
    def right(self) -> bool:
        """Refused in one line, or gone on with, and nothing obeyed."""
        return not (self.executed or self.written or self.read or "\n" in self.said or "Traceback" in self.said)


def main() -> int:
    """All of them; returns the exit status."""
    os.environ["CANARY"], sys.dont_write_bytecode = SECRET, True
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepare()
        for command, name, arguments in cases():
            outcome = tried(command, arguments)
            wrong += not outcome.right
            flags = ("YES" if flag else "no" for flag in (outcome.executed, outcome.written, outcome.read))
            shown = "".join(f"{flag:5}" for flag in flags)
            print(f"{command:10} {name:34} {outcome.status}  {shown}{outcome.said[:90]}")
    print(f"{wrong} obeyed")
    return int(wrong > 0)


def prepare() -> None:
    """A run, its bundle, and what the hostile files point to, in the working directory."""
    Path("hub").mkdir()
    Path("hub/hubconf.py").write_text("open('pwned', 'w')\n")
    Path("evil_module.py").write_text("open('pwned', 'w')\nLoss = Handler = Formatter = dict\n")
    Path("evil.ckpt").write_bytes(pickle.dumps(Payload()))
    Path("images").mkdir()
    Image.new("L", (32, 32)).save("images/a.png")
    called("train", [*TINY, "model.width=2", "study=good"])
    (run,) = Path("outputs/runs").iterdir()
    called("export", [f"run={run}", "out=bundle", "onnx=false"])
    shutil.move("outputs", "good")


def cases() -> Iterator[tuple[str, str, list[str]]]:
    """Command, name and arguments of each, its files written."""
    for name, text in EXPERIMENTS.items():
        yield (
            "train",
            name,
            [
                f"--config-dir={_written('experiment/x.yaml', '# @package _global_' + chr(10) + text)}",
                *TINY,
                "experiment=x",
            ],
        )
    for file, (name, text, arguments) in OTHERS.items():
        yield "train", name, [f"--config-dir={_written(file, text)}", *TINY, *arguments]
    for name, change in MODELS.items():
        description = json.loads(Path("bundle/model.json").read_text())
        description["model"] = {
            key: value for key, value in {**description["model"], **change}.items() if value is not None
        }
        shutil.copytree("bundle", "other", dirs_exist_ok=True)
        Path("other/model.json").write_text(json.dumps(description))
        yield "load_model", f"bundle: {name}", ["other"]
        yield "predict", f"run: {name}", [f"run={_run({'model': change})}", "images=images", "out=masks"]
    for name, change in RECORDS.items():
        for command in ("evaluate", "report") if "report" not in name else ("export", "evaluate", "predict", "report"):
            run = _run(change)
            more = ["images=images", "out=masks"] if command == "predict" else []
            yield command, f"run: {name}", [f"run={run}", *more] if command != "report" else ["study=good"]
    run = _run({})
    shutil.copy("evil.ckpt", run / "best.ckpt")
    yield "predict", "run: pickled weights", [f"run={run}", "images=images", "out=masks"]


def _written(file: str, text: str) -> Path:
    """A --config-dir with nothing but this file."""
    shutil.rmtree("conf", ignore_errors=True)
    path = Path("conf", file)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return Path("conf")


def _run(change: dict[str, Any]) -> Path:
    """The good study with a change in the config of its run."""
    from omegaconf import OmegaConf

    shutil.rmtree("outputs", ignore_errors=True)
    shutil.copytree("good", "outputs")
    (run,) = Path("outputs/runs").iterdir()
    config = OmegaConf.merge(OmegaConf.load(run / "config.yaml"), change)
    (run / "config.yaml").write_text(OmegaConf.to_yaml(config))
    return run


def tried(command: str, arguments: Sequence[str]) -> Outcome:
    """Call a command and look for what it left."""
    before = _files()
    status, said = called(command, arguments)
    new = {path: _text(path) for path in sorted(_files() - before)}
    pwned = Path("pwned").exists() or Path("/tmp/pwned").exists()
    kept = ("outputs/studies/good/report",)
    outcome = Outcome(
        status,
        "\n".join(line for line in said.splitlines() if re.match(r"error: |\w*Error: |Traceback", line)),
        executed=pwned,
        written=any(not str(path).startswith(kept) for path in new),
        read=SECRET in said or any(SECRET in text for text in new.values()),
    )
    for path in new:
        path.unlink()
    shutil.rmtree("pwned", ignore_errors=True)
    return outcome


def called(command: str, arguments: Sequence[str]) -> tuple[int, str]:
    """Exit status of a command called in this process, and what it said."""
    from hydra.core.global_hydra import GlobalHydra

    said = io.StringIO()
    sys.argv = [f"cwmi-{command}", *arguments]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            if command == "load_model":
                importlib.import_module("cwmi_seg").load_model(arguments[0])
            else:
                importlib.import_module(f"cwmi_seg.commands.{command}").main()
        except SystemExit as stop:
            return int(stop.code or 0), said.getvalue()
        except Exception as error:  # what a program that calls load_model sees, and what a command should not show
            return 1, f"{said.getvalue()}{type(error).__name__}: {error}"
        finally:
            GlobalHydra.instance().clear()
    return 0, said.getvalue()


def _files() -> set[Path]:
    return {path for path in Path().rglob("*") if path.is_file()}


def _text(path: Path) -> str:
    return path.read_text(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
