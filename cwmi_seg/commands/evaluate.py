"""``cwmi-evaluate``: score a trained run again, or masks made by anyone's code."""

import logging
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from cwmi_seg.config.allowed_targets import check_targets, search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import EvaluateConfig, expand_home, register_schemas
from cwmi_seg.config.shape import check_shape
from cwmi_seg.mistakes import Mistake

log = logging.getLogger("cwmi_seg")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="evaluate")
@one_line_errors()
def _job(config: DictConfig) -> None:
    check_shape(config, EvaluateConfig)
    expand_home(config)
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    check_targets(plain, plain["allowed_targets"])
    given = tuple(bool(plain[key]) for key in ("run", "predictions", "targets"))
    if given == (True, False, False):
        _evaluate_run(plain)
    elif given == (False, True, True):
        _evaluate_masks(plain)
    else:
        shown = ", ".join(key for key in ("run", "predictions", "targets") if plain[key]) or "nothing"
        raise Mistake(f"run: expected run=FOLDER, or predictions=FOLDER targets=FOLDER, got {shown}; give one.")


def _evaluate_run(plain: dict[str, Any]) -> None:
    from cwmi_seg.evaluation.trained_run import evaluate_run
    from cwmi_seg.training import console

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
    from cwmi_seg.evaluation.mask_evaluation import evaluate_masks
    from cwmi_seg.training import console

    predictions = Path(plain["predictions"])
    out = Path(plain["out"]) if plain["out"] else predictions.with_name(f"{predictions.name}_evaluation")
    classes = plain["num_classes"], plain["ignore_index"]
    results, images = evaluate_masks(predictions, Path(plain["targets"]), out, *classes, plain["metrics"])
    console.image_scores(images)
    console.scores(results)
    log.info("results  %s", out)


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    register_schemas()
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
