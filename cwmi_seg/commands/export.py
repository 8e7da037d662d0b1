"""``cwmi-export run=FOLDER out=FOLDER``: a trained network as ONNX and as safetensors that load without Lightning."""

import logging
from pathlib import Path

import hydra
from omegaconf import DictConfig

from cwmi_seg.config.allowed_targets import search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import ExportConfig
from cwmi_seg.config.shape import command_settings
from cwmi_seg.files.atomic import remove_abandoned
from cwmi_seg.mistakes import Mistake

log = logging.getLogger("cwmi_seg")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="export")
@one_line_errors()
def _job(config: DictConfig) -> None:
    settings = command_settings(config, ExportConfig)
    if not settings.run:
        raise Mistake("run: expected a run folder, got nothing; add run=FOLDER.")
    folder = Path(settings.run)
    _export(folder, Path(settings.out) if settings.out else folder / "export", settings)


def _export(folder: Path, out: Path, settings: ExportConfig) -> None:
    from cwmi_seg.prediction.bundle import save_bundle
    from cwmi_seg.prediction.networks import load_network, model_of
    from cwmi_seg.prediction.onnx_export import SIZES, export_onnx, shown
    from cwmi_seg.study.run_folder import RunFolder

    remove_abandoned(out)
    model = load_network(folder, settings.allowed_targets)
    target, slices = model_of(RunFolder(folder), settings.allowed_targets)
    save_bundle(model, target.node, out, slices=slices)
    log.info("weights  %s, for cwmi_seg.load_model(%r)", out / "model.safetensors", str(out))
    if settings.onnx:
        difference = export_onnx(model, out / "model.onnx")
        sizes = ", ".join(map(shown, SIZES[model.info.dimensions]))
        log.info("onnx     %s, at most %.1e from PyTorch at %s", out / "model.onnx", difference, sizes)


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
