"""The radial part of the filters: octaves between a high and a low residual.

L(r; c) = 1 up to c, cos(pi/2 log2(r/c)) between c and 2c, 0 beyond      (low-pass)
H(r; c) = sqrt(1 - L(r; c)^2)                                           (high-pass)
"""

import math

import torch
from torch import Tensor


def radial_band(radius: Tensor, scale: int) -> Tensor:
    """The radial part R_n(r) of scale n (1 is the finest), which is 0 outside of pi/2^(n+1) to pi/2^(n-1)."""
    return remaining_low_pass(radius, scale - 1) * _high_pass(2 ** (scale - 1) * radius, math.pi / 4)


def high_residual(radius: Tensor) -> Tensor:
    """The high residual H(r; pi/2)."""
    return _high_pass(radius, math.pi / 2)


def remaining_low_pass(radius: Tensor, scales: int) -> Tensor:
    """The rest that the high residual and the first scales leave: L(r; pi/2) prod_{m<=scales} L(2^(m-1) r; pi/4)."""
    response = _low_pass(radius, math.pi / 2)
    for finer in range(scales):
        response = response * _low_pass(2**finer * radius, math.pi / 4)
    return response


def _low_pass(radius: Tensor, cutoff: float) -> Tensor:
    # clamped first, since the zero frequency has no logarithm; exact zeros beyond, where cos(pi/2) leaves 6e-17
    octave = torch.log2((radius / cutoff).clamp(1.0, 2.0))
    return torch.where(octave >= 1, 0.0, torch.cos(math.pi / 2 * octave))


def _high_pass(radius: Tensor, cutoff: float) -> Tensor:
    octave = torch.log2((radius / cutoff).clamp(1.0, 2.0))
    return torch.where(octave <= 0, 0.0, torch.sin(math.pi / 2 * octave))
