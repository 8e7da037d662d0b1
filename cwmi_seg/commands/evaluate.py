"""``cwmi-evaluate``: score a trained run again, or masks made by anyone's code."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.allowed_targets import check_targets, search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import EvaluateConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.mistakes import Mistake

log = logging.getLogger("cwmi_seg")
_Found = TypeVar("_Found")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="evaluate")
@one_line_errors()
def _job(config: DictConfig) -> None:
    settings = command_settings(config, EvaluateConfig)
    check_targets(asdict(settings), settings.allowed_targets)
    choices = {"run": settings.run, "predictions": settings.predictions, "targets": settings.targets}
    given = tuple(name for name, value in choices.items() if value)
    if settings.postprocess not in (None, "search"):
        raise Mistake(f"postprocess: expected search or null, got {settings.postprocess}; cwmi-predict applies it.")
    if given == ("run",) and settings.postprocess:
        _search(settings)
    elif given == ("run",):
        _evaluate_run(settings)
    elif given == ("predictions", "targets"):
        _evaluate_masks(settings)
    else:
        shown = ", ".join(given) or "nothing"
        raise Mistake(f"run: expected run=FOLDER, or predictions=FOLDER targets=FOLDER, got {shown}; give one.")


def _evaluate_run(settings: EvaluateConfig) -> None:
    from cwmi_seg.evaluation.trained_run import evaluate_run
    from cwmi_seg.training import console

    console.scores(_of_run(settings, evaluate_run))
    log.info("results  %s", _out(settings))


def _search(settings: EvaluateConfig) -> None:
    from cwmi_seg.evaluation.postprocess_search import options, search_postprocessing

    best, *_ = _of_run(settings, search_postprocessing)
    log.info("results  %s", _out(settings))
    chosen = options(best.postprocessing)
    log.info("next     cwmi-predict run=%s images=FOLDER out=FOLDER %s", Path(settings.run or ""), chosen)


def _out(settings: EvaluateConfig) -> Path:
    return Path(settings.out) if settings.out else Path(settings.run or "") / f"evaluation_{settings.part}"


def _of_run(settings: EvaluateConfig, evaluated: Callable[..., _Found]) -> _Found:
    """What ``evaluated`` finds in the run that the settings name."""
    from cwmi_seg.training import console

    console.quiet_libraries()
    return evaluated(
        Path(settings.run or ""),
        _out(settings),
        settings.part,
        metrics=settings.metrics,
        data=settings.data,
        accelerator=settings.accelerator,
        allowed_targets=settings.allowed_targets,
    )


def _evaluate_masks(settings: EvaluateConfig) -> None:
    from cwmi_seg.evaluation.mask_evaluation import evaluate_masks
    from cwmi_seg.training import console

    predictions, targets = Path(settings.predictions or ""), Path(settings.targets or "")
    out = Path(settings.out) if settings.out else predictions.with_name(f"{predictions.name}_evaluation")
    results, images = evaluate_masks(
        predictions,
        targets,
        out,
        num_classes=settings.num_classes,
        ignore_index=settings.ignore_index,
        metrics=settings.metrics,
        pattern=settings.pattern,
        common=settings.common,
        dimensions=settings.dimensions,
        axes=settings.axes,
        key=settings.key,
    )
    console.image_scores(images)
    console.scores(results)
    log.info("results  %s", out)


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
