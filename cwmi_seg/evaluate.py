"""``cwmi-evaluate``: score a trained run again, or masks made by anyone's code."""

import logging
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from cwmi_seg.conf_dir import conf_dir
from cwmi_seg.config import register_schemas
from cwmi_seg.errors import one_line_errors
from cwmi_seg.targets import check_targets, search_working_directory

log = logging.getLogger("cwmi_seg")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="evaluate")
@one_line_errors()
def _job(config: DictConfig) -> None:
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    check_targets(plain, plain["allowed_targets"])
    if plain["run"]:
        _evaluate_run(plain)
    elif plain["predictions"] and plain["targets"]:
        _evaluate_masks(plain)
    else:
        raise ValueError(
            "run: expected a run folder, got nothing; give run=FOLDER, or predictions=FOLDER targets=FOLDER."
        )


def _evaluate_run(plain: dict[str, Any]) -> None:
    from cwmi_seg import console
    from cwmi_seg.trained_run import evaluate_run

    console.quiet_libraries()
    out = Path(plain["out"]) if plain["out"] else Path(plain["run"]) / f"evaluation_{plain['part']}"
    results = evaluate_run(
        Path(plain["run"]),
        out,
        plain["part"],
        plain["metrics"],
        plain["data"],
        plain["accelerator"],
        plain["allowed_targets"],
    )
    console.scores(results)
    log.info("results  %s", out)


def _evaluate_masks(plain: dict[str, Any]) -> None:
    raise NotImplementedError


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    register_schemas()
    search_working_directory()
    _job()


if __name__ == "__main__":
    main()
