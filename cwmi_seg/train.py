"""``cwmi-train``: compose the config, train one run in its folder, skip it when it is done."""

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from cwmi_seg.conf_dir import conf_dir
from cwmi_seg.config import register_schemas
from cwmi_seg.errors import one_line_errors
from cwmi_seg.json_files import write_json
from cwmi_seg.run_identity import RunIdentity, run_identity
from cwmi_seg.sweep import RunBusy, claim, is_done, join_study, refuse_other_config, run_folder, write_status
from cwmi_seg.targets import check_targets

log = logging.getLogger("cwmi_seg")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")
def _job(config: DictConfig) -> None:
    with one_line_errors():
        train(config)


def train(config: DictConfig) -> None:
    """Train the run that ``config`` describes, unless it is done."""
    plain = _resolved(config)
    check_targets(plain, plain["allowed_targets"])
    runtime = HydraConfig.get()
    choices = {group: str(runtime.runtime.choices[group]) for group in ("dataset", "model", "loss")}
    identity = run_identity(plain, choices, list(runtime.overrides.task))
    output = Path(plain["paths"]["output"])
    folder = run_folder(output, identity)
    join_study(output, plain["study"], identity)
    config.run_folder = str(folder)
    try:
        with claim(folder):
            if is_done(folder) and not plain["overwrite"]:
                log.info("done before: %s; overwrite=true trains it again.", folder)
            else:
                _train_in(folder, _resolved(config), identity)
    except RunBusy as busy:
        log.warning("%s", busy)


def _resolved(config: DictConfig) -> dict[str, Any]:
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)  # type: ignore[assignment]
    return plain


def _train_in(folder: Path, plain: dict[str, Any], identity: RunIdentity) -> None:
    """Run the training with its log in the folder; what goes wrong is in the log and in the status."""
    from cwmi_seg import console
    from cwmi_seg.training import run_training

    file = logging.FileHandler(folder / "train.log")
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.getLogger().addHandler(file)
    console.quiet_libraries()
    write_status(folder, "running")
    try:
        _take_over(folder, plain, identity)
        results = run_training(plain, identity.to_dict(), folder)
        write_status(folder, "done")
        console.conclude(results, folder)
    except Exception:
        write_status(folder, "failed", error=traceback.format_exc())
        file.emit(log.makeRecord(log.name, logging.ERROR, "", 0, traceback.format_exc(), (), None))
        raise
    finally:
        logging.getLogger().removeHandler(file)
        file.close()


def _take_over(folder: Path, plain: dict[str, Any], identity: RunIdentity) -> None:
    """Make sure that what is in the folder belongs to this run, or is removed where asked."""
    if plain["overwrite"]:
        for name in ("results.json", "best.ckpt", "last.ckpt", "metrics.csv", "test_images.csv", "config.yaml"):
            (folder / name).unlink(missing_ok=True)
    refuse_other_config(folder, plain)
    write_json(folder / "identity.json", identity.to_dict())


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    register_schemas()
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    _job()


if __name__ == "__main__":
    main()
