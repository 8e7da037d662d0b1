"""Masks, probabilities and an overlay of one volume of any size, slab by slab."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cwmi_seg.files.atomic import replacing
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.blend import Strip, blended_strips
from cwmi_seg.prediction.ensemble import Ensemble
from cwmi_seg.prediction.folder import Progress
from cwmi_seg.prediction.inputs import ImageFile
from cwmi_seg.prediction.outputs import Array
from cwmi_seg.prediction.page import refuse_non_finite, whole_numbers
from cwmi_seg.prediction.postprocess import Postprocessing
from cwmi_seg.prediction.tiles import Tiling
from cwmi_seg.prediction.unfinished import Unfinished
from cwmi_seg.prediction.volume_inputs import VolumeInputs
from cwmi_seg.prediction.volume_outputs import VolumeOutputs
from cwmi_seg.prediction.volume_overlay import Thumbnail
from cwmi_seg.prediction.volume_writers import write_like

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VolumeFiles:
    """Files of volumes.

    Of a volume, a row of tiles is held in memory: what its windows read, and its probabilities. The results go slab by
    slab into files that are mapped into memory, and from these into the format of the volume. A prediction that was
    killed goes on behind the last slab; the results are the same.

    Args:
        ensemble: The networks.
        inputs: Says how files are read.
        outputs: Says which results are wanted, and where.
        tilings: The tiles along depth, height and width.
        batch_size: Number of tiles at once.
        postprocessing: What is done to the masks; it needs the whole mask in memory, several times.
    """

    ensemble: Ensemble
    inputs: VolumeInputs
    outputs: VolumeOutputs
    tilings: Sequence[Tiling]
    batch_size: int = 1
    postprocessing: Postprocessing = field(default_factory=Postprocessing)

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise Mistake(f"batch_size: expected at least 1, got {self.batch_size}; use for example 4.")

    @property
    def folder(self) -> Path:
        """The folder of all results."""
        return self.outputs.folder

    def predict(self, image: ImageFile, line: str) -> bool:
        """Predict a file, unless its results are there; they are all there afterwards."""
        if self.outputs.done(image):
            return False
        paths = self.outputs.paths(image)
        with self.inputs.opened(image) as slices, self.outputs.unfinished(image, slices.shape[:3]) as results:
            thumbnail = Thumbnail(slices)
            if results.done:
                log.info("%s  goes on behind slice %d of %d", line, results.done, slices.shape[0])
                thumbnail.look_at(results.done)
            self._fill(thumbnail, results, Progress(line))
            arrays = dict(results.arrays)
            if self.postprocessing != Postprocessing():
                arrays["masks"] = self.postprocessing(np.array(arrays["masks"]))
            thumbnail.add_mask(arrays["masks"])
            for kind, array in arrays.items():
                write_like(slices.volume, paths[kind], array)
        if "overlays" in paths:
            with replacing(paths["overlays"]) as temporary:
                thumbnail.save(temporary, self.ensemble.info)
        return True

    def _fill(self, image: Thumbnail, results: Unfinished, progress: Progress) -> None:
        arrays, start, depth = results.arrays, results.done, image.shape[0]
        for slab in blended_strips(self.ensemble, image, self.tilings, self.batch_size, start):
            for z, probabilities in enumerate(np.moveaxis(slab, 1, 0), start=start):
                # slice by slice: the whole numbers of a slab would take more than the slab
                refuse_non_finite(probabilities)
                arrays["masks"][z] = probabilities.argmax(0)
                if "probabilities" in arrays:
                    arrays["probabilities"][z] = self._whole(probabilities)
            start += slab.shape[1]
            results.reached(start)
            progress(start / depth)
            del slab, probabilities  # a view; both would stay in memory while the next slab is made

    def _whole(self, probabilities: Strip) -> Array:
        """Of one slice, C H W to H W of a single stored class or H W C of several."""
        kept = self.outputs.kept_classes()
        whole = whole_numbers(probabilities[kept.start : kept.stop], self.outputs.probability_type)
        return whole[..., 0] if len(kept) == 1 else whole
