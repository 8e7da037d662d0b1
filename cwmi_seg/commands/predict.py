"""``cwmi-predict run=FOLDER images=FOLDER out=FOLDER``: masks for any images from one trained network or several."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.allowed_targets import search_working_directory
from cwmi_seg.config.arguments import listed
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import PredictConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.files.atomic import remove_abandoned
from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.mistakes import Mistake

if TYPE_CHECKING:
    from cwmi_seg.prediction.folder import Summary
    from cwmi_seg.prediction.tiles import Tiling

log = logging.getLogger("cwmi_seg")

_SHOWN = 5
"""Images that the last line names."""
_LATER = {
    "white": None, "keep_largest": False, "min_size": 0, "fill_holes": 0, "probability_bits": 16, "axes": None,
    "image_key": None,
}  # fmt: skip
"""Settings that came when there were predictions already, with the values that those were made with."""


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="predict")
@one_line_errors()
def _job(config: DictConfig) -> None:
    settings = command_settings(config, PredictConfig)
    if not settings.out:
        raise Mistake("out: expected a folder for the masks, got nothing; add out=FOLDER.")
    predict(Path(settings.out), settings)


def predict(out: Path, settings: PredictConfig) -> None:
    """Predict the images that ``settings`` name, into the folder ``out``.

    Raises:
        ValueError: some images could not be used; the others have their files.
    """
    from cwmi_seg.prediction.ensemble import Ensemble, choose_device
    from cwmi_seg.prediction.files import find_files, predictor_of
    from cwmi_seg.prediction.folder import predict_images
    from cwmi_seg.prediction.networks import find_runs, load_network, unfinished

    where = listed("images", settings.images)  # before networks are loaded
    runs = find_runs(settings.run, settings.study, Path(settings.paths.output))
    models = [load_network(folder, settings.allowed_targets) for folder in runs]
    ensemble = Ensemble(models, choose_device(settings.accelerator), flips=settings.flips)
    images = find_files(where, ensemble.info.dimensions)
    predictor = predictor_of(settings, ensemble, out)
    _keep_settings(settings, predictor.tilings, runs, out)
    remove_abandoned(out, unfinished=False)  # volumes go on with those
    for folder in runs:
        log.info("run      %s", folder)
        if note := unfinished(folder):
            log.info("note     %s", note)
    what = "images " if ensemble.info.dimensions == 2 else "volumes"
    log.info("%s  %d, on %s, into %s", what, len(images), ensemble.device, out)
    summary = predict_images(predictor, images)
    remove_abandoned(out)
    _conclude(summary, out)


def _keep_settings(asked: PredictConfig, tilings: "Sequence[Tiling]", runs: list[Path], out: Path) -> None:
    """Refuse to mix the results of two networks or settings in one folder, or to write among files of others."""
    from cwmi_seg.prediction.networks import weights_checksum
    from cwmi_seg.prediction.outputs import KINDS, SETTINGS

    settings = {
        "networks": [weights_checksum(folder) for folder in runs],  # exported ones share the name of their folder
        "tile": _of_axes([tiling.tile for tiling in tilings]),
        "overlap": _of_axes([tiling.overlap for tiling in tilings]),
        "flips": asked.flips,
        # what came later is there only where it is not as it was before
        **{key: getattr(asked, key) for key, before in _LATER.items() if getattr(asked, key) != before},
    }
    before = read_json(out / SETTINGS)
    if before == settings:
        return  # its time tells which results are older than these settings
    if not asked.overwrite:
        if before is not None:
            differing = ", ".join(key for key in {**settings, **before} if settings.get(key) != before.get(key))
            raise Mistake(f"out: expected a new folder, got {out} with another {differing}; or set overwrite=true.")
        if there := [kind for kind in KINDS if (out / kind).exists()]:
            raise Mistake(
                f"out: expected a new folder, or one with {SETTINGS} of an earlier call, got {out} with {there[0]}; "
                "choose another, or set overwrite=true."
            )
    write_json(out / SETTINGS, settings)


def _of_axes(lengths: list[int]) -> int | list[int]:
    """One number where it is the same along all axes."""
    return lengths[0] if len(set(lengths)) == 1 else lengths


def _conclude(summary: "Summary", out: Path) -> None:
    from cwmi_seg.prediction.folder import SUMMARY

    log.info("done     %d predicted, %d there before, %d failed", *summary.counts())
    log.info("results  %s", out)
    if summary.failed:
        shown = "; ".join(f"{path} {reason}" for path, reason in list(summary.failed.items())[:_SHOWN])
        more = len(summary.failed) - _SHOWN
        rest = f"; and {more} more, see {out / SUMMARY}" if more > 0 else ""
        raise Mistake(f"images: {len(summary.failed)} of {sum(summary.counts())} could not be predicted: {shown}{rest}")


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
