"""Images of another kind than those of the training, brought to what the network knows."""

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.info import DatasetInfo, Pixels
from cwmi_seg.files.counted import counted
from cwmi_seg.mistakes import Mistake

log = logging.getLogger(__name__)

_LUMA = (0.299, 0.587, 0.114)  # of red, green and blue in grey, ITU-R BT.601


class OtherKind(Exception):
    """An image that is not of the kind of the training and may not, or cannot, be converted: "what; how to repair"."""


@dataclass
class Conversion:
    """Grey to RGB and RGB to grey, 8 to 16 bit; each kind is told once.

    Grey becomes three equal channels, RGB its luma (ITU-R BT.601), 8-bit values are multiplied by 257, so that white
    stays white. 16 bit become 8 only where ``white`` says how, since images of 10 or 12 bit lie in 16 as well.

    Args:
        info: The dataset that the network was trained on.
        convert: Whether to convert at all.
        white: 16-bit value that is 255 in 8 bit, such as 65535, or 4095 for images of 12 bit; larger values are cut.

    Raises:
        ValueError: ``white`` is no 16-bit value.
    """

    info: DatasetInfo
    convert: bool = True
    white: int | None = None
    told: set[tuple[int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.white is not None and not 0 < self.white < 2**16:
            raise Mistake(f"white: expected a 16-bit value of 1 to 65535, got {self.white}; use for example 65535.")

    def __call__(self, image: Pixels) -> Pixels:
        """Bring an image H W I, or a volume D H W I, to the channels and the bits of the training.

        Raises:
            OtherKind: it cannot be done.
        """
        kind, wanted = (image.shape[-1], str(image.dtype)), (self.info.channels, self.info.dtype)
        if kind == wanted:
            return image
        if not self.convert or not self._can(kind, wanted):
            raise OtherKind(
                f"expected {counted(wanted[0], 'channel')} of {wanted[1]} as in training, got {kind[0]} of {kind[1]}; "
                f"{self._repair(kind, wanted)}"
            )
        if kind not in self.told:
            self.told.add(kind)
            log.info(
                "note     images of %s of %s become %d of %s, as in training",
                counted(kind[0], "channel"),
                kind[1],
                *wanted,
            )
        return self._depth(_channels(image, self.info.channels))

    def _can(self, kind: tuple[int, str], wanted: tuple[int, str]) -> bool:
        channels = kind[0] == wanted[0] or {kind[0], wanted[0]} == {1, 3}
        depth = kind[1] == wanted[1] or (kind[1], wanted[1]) == ("uint8", "uint16")
        return channels and (depth or (self.white is not None and (kind[1], wanted[1]) == ("uint16", "uint8")))

    def _repair(self, kind: tuple[int, str], wanted: tuple[int, str]) -> str:
        if not self.convert:
            return "convert the image, or set convert=true"
        deeper = (kind[1], wanted[1]) == ("uint16", "uint8") and self.white is None
        return "say which 16-bit value is white, as in white=65535" if deeper else "convert the image"

    def _depth(self, image: Pixels) -> Pixels:
        wanted = np.dtype(self.info.dtype)
        if image.dtype == wanted:
            return image
        if wanted == np.uint16:
            return image.astype(np.uint16) * np.uint16(257)
        assert self.white is not None
        scaled = np.minimum(image.astype(np.float32), self.white) * (255 / self.white)
        return np.round(scaled).astype(np.uint8)


def _channels(image: NDArray[Any], channels: int) -> NDArray[Any]:
    if image.shape[-1] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=-1)
    if np.array_equal(image[..., 0], image[..., 1]) and np.array_equal(image[..., 0], image[..., 2]):
        return np.ascontiguousarray(image[..., :1])
    luma = image.astype(np.float32) @ np.array(_LUMA, dtype=np.float32)
    whole = luma if image.dtype.kind == "f" else np.round(luma)
    grey: NDArray[Any] = whole.astype(image.dtype)[..., None]
    return grey
