"""Where the masks, probabilities and overlay of a volume go."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from cwmi_seg.files.json_files import read_json
from cwmi_seg.prediction.inputs import ImageFile
from cwmi_seg.prediction.outputs import SETTINGS, Outputs
from cwmi_seg.prediction.unfinished import Unfinished, unfinished
from cwmi_seg.prediction.volume_writers import ending_of


@dataclass(frozen=True)
class VolumeOutputs(Outputs):
    """The files of each volume: ``FOLDER/masks/NAME.*`` and ``FOLDER/probabilities/NAME.*`` in the format of the
    volume, ``FOLDER/overlays/NAME.png``.
    """

    def paths(self, image: ImageFile, num_pages: int = 1) -> dict[str, Path]:
        """The files of one volume, by the name of their folder."""
        ending = ending_of(image.path)
        kinds = {"masks": ending}
        kinds |= {"probabilities": ending} if self.probabilities else {}
        kinds |= {"overlays": ".png"} if self.overlays else {}
        return {kind: self.folder / kind / f"{image.name}{suffix}" for kind, suffix in kinds.items()}

    def done(self, image: ImageFile, num_pages: int = 1) -> bool:
        """As for images, see :meth:`Outputs.done <cwmi_seg.prediction.outputs.Outputs.done>`; a Zarr is a folder."""
        if self.overwrite:
            return False
        made_from = [path for path in (image.path, self.folder / SETTINGS) if path.exists()]
        changed = max(path.stat().st_mtime_ns for path in made_from)
        return all(p.exists() and p.stat().st_mtime_ns >= changed for p in self.paths(image).values())

    def unfinished(self, image: ImageFile, shape: Sequence[int]) -> AbstractContextManager[Unfinished]:
        """Arrays for the mask D H W and, where wanted, the probabilities D H W [C], in files that vanish.

        They are mapped into memory, which holds no more of them than it has room for. Those of a call that was killed
        are taken up, if that was of the same volume and settings, unless all is made anew.
        """
        kept = len(self.kept_classes())
        kinds: dict[str, tuple[Sequence[int], str]] = {"masks": (shape, "uint8")}
        if self.probabilities:
            kinds["probabilities"] = ((*shape, kept) if kept > 1 else shape, self.probability_type)
        made_of = {
            "volume": image.name,
            "changed": image.path.stat().st_mtime_ns,
            "settings": read_json(self.folder / SETTINGS),
        }
        return unfinished(self.paths(image)["masks"], made_of, kinds, anew=self.overwrite)
