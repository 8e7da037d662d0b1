"""Pictures of a prediction beside its target."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.datasets.class_colours import Colour

GAP = 4
"""Pixels between the pictures of a panel."""
WHITE, RED, BLUE, ORANGE, BLACK = (255, 255, 255), (220, 40, 40), (60, 100, 255), (255, 160, 0), (0, 0, 0)
HATCHES = (200, 200, 200), (110, 110, 110)
"""Colours of the stripes of pixels that take no part."""
_STRIPES = 3, 6
"""Width and distance of the dark stripes, in pixels."""
ERRORS = {"found": WHITE, "false": RED, "missed": BLUE, "wrong class": ORANGE}
"""What the colours of :func:`errors` say."""


def displayable(image: NDArray[np.floating], limits: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """Turn an image I H W of any range into H W 3; what :func:`brightness` gives becomes black and white.

    Args:
        image: I H W; of other than three channels the first is shown, grey.
        limits: The values that become black and white, for pictures that are to be compared; those of the image by
            default.
    """
    low, high = brightness(image) if limits is None else limits
    grey = np.clip((image - low) / max(high - low, 1e-9), 0, 1)
    channels = grey if grey.shape[0] == 3 else np.repeat(grey[:1], 3, axis=0)
    return np.round(255 * channels.transpose(1, 2, 0)).astype(np.uint8)


def brightness(values: NDArray[np.floating]) -> tuple[float, float]:
    """The values that are shown black and white: the 1st and the 99th percentile."""
    low, high = np.percentile(values, (1, 99)).astype(np.float32)
    return float(low), float(high)


def compared(
    prediction: NDArray[np.integer], target: NDArray[np.integer], ignored: int | None
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Both masks with background where the target holds the class index that takes no part."""
    if ignored is None:
        return prediction, target
    takes_part = target != ignored
    return prediction * takes_part, target * takes_part


def hatched(picture: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture H W 3 with stripes where pixels take no part."""
    rows, columns = np.indices(where.shape)
    width, distance = _STRIPES
    dark = np.asarray((rows + columns) % distance < width)
    stripes = np.where(dark[..., None], HATCHES[1], HATCHES[0])
    return np.where(where[..., None], stripes, picture).astype(np.uint8)


def errors(
    prediction: NDArray[np.integer], target: NDArray[np.integer], ignored: int | None = None
) -> NDArray[np.uint8]:
    """Picture H W 3 of the structure (all but class 0) in the colours of ``ERRORS``.

    White where the class was found, red where class 0 was taken for another, blue where another was taken for class 0,
    orange where one was taken for the other; hatched where the target is ``ignored``.
    """
    picture = np.zeros((*target.shape, 3), dtype=np.uint8)
    right = prediction == target
    picture[right & (target > 0)] = WHITE
    picture[(target == 0) & (prediction > 0)] = RED
    picture[(target > 0) & (prediction == 0)] = BLUE
    picture[~right & (target > 0) & (prediction > 0)] = ORANGE
    return picture if ignored is None else hatched(picture, target == ignored)


def panel(
    image: NDArray[np.uint8],
    prediction: NDArray[np.integer],
    target: NDArray[np.integer],
    ignored: int | None = None,
) -> NDArray[np.uint8]:
    """Put image, target and errors side by side with white lines between them: H (3 W + 2 GAP) 3."""
    shown = compared(prediction, target, ignored)[1]
    grey = np.round(255 * (shown / max(int(shown.max()), 1))).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    truth = picture if ignored is None else hatched(picture, target == ignored)
    return side_by_side([image, truth, errors(prediction, target, ignored)])


def side_by_side(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures H W 3 in a row, with white lines between them."""
    line = np.full((len(pictures[0]), GAP, 3), 255, dtype=np.uint8)
    parts = [part for picture in pictures for part in (line, picture)]
    return np.concatenate(parts[1:], axis=1)


def in_colours(
    labels: NDArray[np.integer], colours: Sequence[Colour], ignored: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Class indices H W as a picture H W 3; hatched where ``ignored``."""
    safe = labels if ignored is None else np.where(ignored, 0, labels)
    picture = np.array(colours, dtype=np.uint8)[safe.astype(np.intp)]
    return picture if ignored is None else hatched(picture, ignored)


def tinted(image: NDArray[np.uint8], prediction: NDArray[np.integer], colours: Sequence[Colour]) -> NDArray[np.uint8]:
    """Lay the colours of the classes but 0 over an image H W 3."""
    picture, inside = image.copy(), prediction > 0
    chosen = np.array(colours, dtype=np.float32)[prediction[inside].astype(np.intp)]
    picture[inside] = np.round(np.float32(0.4) * image[inside] + np.float32(0.6) * chosen).astype(np.uint8)
    return picture


def tiles(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Cut a picture of :func:`panel` into image, target and errors, each H W 3."""
    width = (picture.shape[1] - 2 * GAP) // 3
    return [picture[:, start : start + width] for start in range(0, picture.shape[1], width + GAP)]
