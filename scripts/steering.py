"""Print how far the real subbands of images are from being steerable, for each number of orientations K.

    python -m scripts.steering

A pyramid is steerable if the subband of any direction is a combination of its K subbands. Its filters are
``(-i cos)^(K-1)`` of the angle to their axis (``decompose(..., complex=False, steerable=True)``); the default, whose
complex subbands are those of CWMI, is ``abs(cos)^(K-1)``. Errors are the largest over the directions of the band that
is wanted, relative to its norm, in white noise, where every direction of frequencies counts alike: with the weights
that are right for ``cos^(K-1)``, and with the best ones by least squares.
"""

import argparse
from math import pi

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.wavelets.axes import axes

Angles = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orientations", type=int, nargs="+", default=[2, 3, 4, 5, 6, 8, 12])
    print(" K  steerable   default, its weights   default, best weights")
    for k in parser.parse_args().orientations:
        known, best = steering_errors(k, steerable=False)
        print(f"{k:2d} {max(steering_errors(k, steerable=True)):10.1%} {known:22.1%} {best:23.2%}")


def steering_errors(num_orientations: int, *, steerable: bool) -> tuple[float, float]:
    """With the weights of the steerable filters, and with the best ones, between two axes; the others repeat them."""
    directions, _, order = axes(2, num_orientations)
    own = np.arctan2(directions[:, 1].numpy(), directions[:, 0].numpy())
    wanted = own[0] + np.linspace(0, pi / num_orientations, 33)
    known = _weights(_responses(own, order, True), _responses(wanted, order, True))
    filters, turned = (_responses(angles, order, steerable) for angles in (own, wanted))
    return _error(known, filters, turned), _error(_weights(filters, turned), filters, turned)


def _responses(angles: Angles, order: int, steerable: bool) -> Angles:
    """Of filters along ``angles``, a row each, in 1,440 directions of the frequency; the factor (-i)^n is left out."""
    cosine = np.cos(angles[:, None] - np.arange(1440) * pi / 720)
    return cosine**order if steerable else np.abs(cosine) ** order


def _weights(filters: Angles, turned: Angles) -> Angles:
    """Of the filters, for each turned one."""
    weights: Angles = np.linalg.lstsq(filters.T, turned.T, rcond=None)[0].T.astype(np.float64)
    return weights


def _error(weights: Angles, filters: Angles, turned: Angles) -> float:
    differences = np.linalg.norm(turned - weights @ filters, axis=1)
    return float((differences / np.linalg.norm(turned, axis=1)).max())


if __name__ == "__main__":
    main()
