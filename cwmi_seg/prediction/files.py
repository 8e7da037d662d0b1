"""The files that a network can predict, and what predicts them: images for some networks, volumes for others."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image

from cwmi_seg.config.schemas import PredictConfig
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.conversion import Conversion
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.folder import FilePredictor, PageFiles
from cwmi_seg.prediction.inputs import ImageFile, find_images
from cwmi_seg.prediction.outputs import Outputs
from cwmi_seg.prediction.page import PagePredictor
from cwmi_seg.prediction.postprocess import Postprocessing
from cwmi_seg.prediction.tiles import Tiling, tilings

_Outputs = TypeVar("_Outputs", bound=Outputs)


def find_files(where: str | Sequence[str], dimensions: int) -> list[ImageFile]:
    """Find the images (``dimensions`` 2) or volumes (3) among folders, patterns and paths.

    Raises:
        FileNotFoundError, ValueError: as :func:`~cwmi_seg.prediction.inputs.find_images`.
    """
    if dimensions == 2:
        Image.MAX_IMAGE_PIXELS = None  # the images are the user's own, however large
        return find_images(where)
    from cwmi_seg.prediction.volume_inputs import find_volumes

    return find_volumes(where)


def predictor_of(asked: PredictConfig, ensemble: Ensemble, out: Path) -> FilePredictor:
    """What predicts the files of the kind that the networks were trained on.

    Args:
        asked: Settings of the predict command.
        ensemble: The networks.
        out: Folder for all results.

    Raises:
        ValueError: one of them is not possible.
    """
    info = ensemble.info
    tiles = tilings(asked.tile, asked.overlap, info.dimensions)
    if info.dimensions == 3:
        return _of_volumes(asked, ensemble, out, tiles)
    _refuse_settings_of_volumes(asked)
    pages = PagePredictor(
        ensemble,
        _outputs(Outputs, asked, info, out),
        tiles,
        asked.batch_size,
        convert=asked.convert,
        white=asked.white,
        postprocessing=_postprocessing(asked),
    )
    return PageFiles(pages)


def _of_volumes(asked: PredictConfig, ensemble: Ensemble, out: Path, tiles: Sequence[Tiling]) -> FilePredictor:
    from cwmi_seg.datasets.volume_files.letters import checked_axes
    from cwmi_seg.prediction.volume import VolumeFiles
    from cwmi_seg.prediction.volume_inputs import VolumeInputs
    from cwmi_seg.prediction.volume_outputs import VolumeOutputs

    conversion = Conversion(ensemble.info, asked.convert, asked.white)
    inputs = VolumeInputs(conversion, checked_axes(asked.axes), asked.image_key)
    outputs = _outputs(VolumeOutputs, asked, ensemble.info, out)
    return VolumeFiles(ensemble, inputs, outputs, tiles, asked.batch_size, _postprocessing(asked))


def _postprocessing(asked: PredictConfig) -> Postprocessing:
    return Postprocessing(asked.keep_largest, asked.min_size, asked.fill_holes)


def _outputs(kind: type[_Outputs], asked: PredictConfig, info: DatasetInfo, out: Path) -> _Outputs:
    return kind(
        out,
        info.num_classes,
        probabilities=asked.probabilities,
        overlays=asked.overlays,
        overwrite=asked.overwrite,
        probability_bits=asked.probability_bits,
    )


def _refuse_settings_of_volumes(asked: PredictConfig) -> None:
    for key in ("axes", "image_key"):
        if (value := getattr(asked, key)) is not None:
            raise Mistake(f"{key}: expected null for a network of images, got {value}; remove it.")
