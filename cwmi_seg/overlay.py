"""Pictures of a prediction beside its target."""

import numpy as np
from numpy.typing import NDArray

GAP = 4
"""Pixels between the pictures of a panel."""
WHITE, RED, BLUE, BLACK = (255, 255, 255), (220, 40, 40), (60, 100, 255), (0, 0, 0)
CLASS_COLOURS = (RED, BLUE, (240, 200, 40), (40, 190, 90), (190, 80, 220), (40, 200, 220))


def displayable(image: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Turn an image I H W of any range into H W 3; the 1st and the 99th percentile become black and white."""
    low, high = np.percentile(image, (1, 99)).astype(np.float32)
    grey = np.clip((image - low) / max(high - low, 1e-9), 0, 1)
    channels = grey if grey.shape[0] == 3 else np.repeat(grey[:1], 3, axis=0)
    return np.round(255 * channels.transpose(1, 2, 0)).astype(np.uint8)


def compared(
    prediction: NDArray[np.integer], target: NDArray[np.integer], ignored: int | None
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Both masks with background where the target holds the class index that takes no part."""
    if ignored is None:
        return prediction, target
    takes_part = target != ignored
    return prediction * takes_part, target * takes_part


def errors(prediction: NDArray[np.integer], target: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Picture H W 3 of the structure (all but class 0): white where found, red where false, blue where missed."""
    picture = np.zeros((*target.shape, 3), dtype=np.uint8)
    right = prediction == target
    picture[right & (target > 0)] = WHITE
    picture[(target == 0) & (prediction > 0)] = RED
    picture[~right & (target > 0)] = BLUE
    return picture


def panel(image: NDArray[np.uint8], prediction: NDArray[np.integer], target: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Put image, target and errors side by side with white lines between them: H (3 W + 2 GAP) 3."""
    grey = np.round(255 * (target / max(int(target.max()), 1))).astype(np.uint8)
    line = np.full((len(target), GAP, 3), 255, dtype=np.uint8)
    return np.concatenate(
        [image, line, np.repeat(grey[..., None], 3, axis=2), line, errors(prediction, target)], axis=1
    )


def tinted(image: NDArray[np.uint8], prediction: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Lay the colours of the classes but 0 over an image H W 3; the colours repeat after six classes."""
    picture, inside = image.copy(), prediction > 0
    colours = np.array(CLASS_COLOURS, dtype=np.float32)[(prediction[inside].astype(np.intp) - 1) % len(CLASS_COLOURS)]
    picture[inside] = np.round(np.float32(0.4) * image[inside] + np.float32(0.6) * colours).astype(np.uint8)
    return picture


def tiles(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Cut a picture of :func:`panel` into image, target and errors, each H W 3."""
    width = (picture.shape[1] - 2 * GAP) // 3
    return [picture[:, start : start + width] for start in range(0, picture.shape[1], width + GAP)]
