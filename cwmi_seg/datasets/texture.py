"""Grey levels for generated structures, in images and volumes alike."""

import numpy as np
from numpy.typing import NDArray


def textured(
    mask: NDArray[np.bool_], rng: np.random.Generator, *, noise: float, gap_share: float, width: float
) -> NDArray[np.uint8]:
    """Draw a structure brighter than a ground of wide and fine patterns, with noise, and faded in some places.

    Args:
        mask: structure, H W or D H W.
        rng: source of the patterns and the noise.
        noise: standard deviation of the noise of each sample, in units of the structure's contrast.
        gap_share: share of the samples where the structure has a fifth of its contrast.
        width: scale of the wide pattern, in samples.

    Returns:
        Grey levels of the shape of the mask.
    """
    from scipy.ndimage import gaussian_filter

    fields = [gaussian_filter(rng.normal(size=mask.shape), sigma, mode="wrap") for sigma in (width, 1.5)]
    wide, fine = (field / field.std() for field in fields)
    contrast = np.where(wide > np.quantile(wide, 1 - gap_share), 0.2, 1.0) if gap_share > 0 else 1.0
    profile = gaussian_filter(mask.astype(np.float64), 0.7)
    image = profile * contrast + 0.15 * wide + 0.1 * fine + rng.normal(0, noise, mask.shape)
    return np.clip(80 + 80 * image, 0, 255).astype(np.uint8)
