"""``cwmi-export run=FOLDER out=FOLDER``: a trained network as ONNX and as safetensors that load without Lightning."""

import logging
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from cwmi_seg.config.allowed_targets import search_working_directory
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.errors import one_line_errors, run_command
from cwmi_seg.config.schemas import ExportConfig, expand_home, register_schemas
from cwmi_seg.config.shape import check_shape
from cwmi_seg.files.atomic import remove_abandoned
from cwmi_seg.mistakes import Mistake

log = logging.getLogger("cwmi_seg")


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="export")
@one_line_errors()
def _job(config: DictConfig) -> None:
    check_shape(config, ExportConfig)
    expand_home(config)
    plain: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    if not plain["run"]:
        raise Mistake("run: expected a run folder, got nothing; add run=FOLDER.")
    export(plain)


def export(config: dict[str, Any]) -> None:
    """Write the network of the run that ``config`` names."""
    from cwmi_seg.prediction.bundle import save_bundle
    from cwmi_seg.prediction.networks import load_network
    from cwmi_seg.prediction.onnx_export import SIZES, export_onnx
    from cwmi_seg.study.run_folder import RunFolder

    folder = Path(config["run"])
    out = Path(config["out"]) if config["out"] else folder / "export"
    remove_abandoned(out)
    model = load_network(folder, config["allowed_targets"])
    save_bundle(model, RunFolder(folder).config_to_build(config["allowed_targets"])["model"], out)
    log.info("weights  %s, for cwmi_seg.load_model(%r)", out / "model.safetensors", str(out))
    if config["onnx"]:
        difference = export_onnx(model, out / "model.onnx")
        sizes = ", ".join(f"{height}x{width}" for height, width in SIZES)
        log.info("onnx     %s, at most %.1e from PyTorch at %s", out / "model.onnx", difference, sizes)


def main() -> None:
    """Entry point; the working directory is searched for the user's own modules."""
    register_schemas()
    search_working_directory()
    run_command(_job)


if __name__ == "__main__":
    main()
