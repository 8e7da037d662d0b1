"""The complex steerable pyramid in the plane and in space, and the covariances of its subbands; imports torch only.

A frequency w (in physical units where the samples are not equally spaced, see ``grid``) has the radius r = |w| and the
direction u = w / r. The filters are products of a radial and an angular part:

    high residual       H(r; pi/2)
    scale n = 1..N      R_n(r) G_k(u),  R_n = L(r; pi/2) prod_{m<n} L(2^(m-1) r; pi/4) H(2^(n-1) r; pi/4)
    low residual        L(r; pi/2) prod_{m<=N} L(2^(m-1) r; pi/4)
    real                G_k = a sqrt(m_k) |v_k.u|^n
    complex             G_k = 2 a sqrt(m_k) max(0, v_k.u)^n       (one-sided)

with the cut-offs L and H of ``radial``, and the axes v_k, weights m_k, gain a and order n of ``axes``. Scale n of an
image has ceil(H/2^(n-1)) x ceil(W/2^(n-1)) samples, the low residual ceil(H/2^N) x ceil(W/2^N): the spectrum is
cropped around zero frequency, which loses nothing because the filters vanish beyond. Borders are periodic.

:func:`decompose` and :func:`reconstruct` make subbands (``transform``) from frequency responses (``filters``). The
loss needs the covariances of subbands alone; ``covariances`` has them from the spectra, without any subband, by the
weights that ``plan`` keeps and the sums of ``moments``.

Reference: Portilla and Simoncelli, A parametric texture model based on joint statistics of complex wavelet
coefficients, IJCV 40 (2000), appendix; steerability: Simoncelli and Freeman, ICIP 1995.
"""

from cwmi_seg.wavelets.covariances import SubbandCovariances, subband_covariances
from cwmi_seg.wavelets.filters import Pyramid
from cwmi_seg.wavelets.transform import decompose, reconstruct

__all__ = ["Pyramid", "SubbandCovariances", "decompose", "reconstruct", "subband_covariances"]
