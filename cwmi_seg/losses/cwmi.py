"""Complex wavelet mutual information (Lu, ICML 2025, arXiv:2502.00563)."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._inputs import read_inputs
from cwmi_seg.losses.balanced_cross_entropy import balanced_cross_entropy_loss
from cwmi_seg.mutual_information import conditional_covariance, log_determinant
from cwmi_seg.subband_covariance import covariance_weights, crop_spectrum


def _scale_term(
    error: Tensor, prob: Tensor, size: tuple[int, int], scale: int, k: int, analytic: bool, eps: float
) -> Tensor:
    """log det S_{Y|P} of one scale for each image; 0 where the target has no energy in it."""
    even, odd = covariance_weights(*size, scale, k, complex=analytic, device=prob.device)
    e, p = (crop_spectrum(spectrum, scale).flatten(1) for spectrum in (error, prob))
    cross = e * p.conj()  # B F
    target_energy = ((e + p).abs() ** 2 @ even).reshape(-1, k, k).diagonal(dim1=1, dim2=2).sum(1)
    s_ee = (e.abs() ** 2 @ even).reshape(-1, k, k)
    s_pp = (p.abs() ** 2 @ even).reshape(-1, k, k)
    s_ep = torch.complex(cross.real @ even, cross.imag @ odd).reshape(-1, k, k)
    has_energy = target_energy > 1e-12
    value = log_determinant(conditional_covariance(s_ee, s_ep, s_pp, eps))
    return torch.where(has_energy, value, 0)


def cwmi_loss(
    logits: Tensor,
    target: Tensor,
    num_scales: int = 4,
    num_orientations: int = 4,
    complex: bool = True,
    cross_entropy_weight: float = 0.9,
    eps: float = 5e-4,
) -> Tensor:
    """Negative lower bound of the mutual information of target and prediction in wavelet subbands.

    ``lambda BCE + sum_n mean_batch log det S_{Y|P}^(n)``, BCE the balanced cross-entropy, averaged over
    the classes for C > 2 (for C = 2, class 1 alone). By Parseval's theorem the covariances are weighted
    sums of ``rfft2`` spectra, so no subband is ever computed. Negative and unbounded below near the
    target; grows with the image size. Borders are periodic.

    Args:
        logits: B C H W (or B 1 H W), raw.
        target: B H W, class index.
        num_scales: N, pyramid scales, each half the resolution of the one before.
        num_orientations: K, orientations of a scale; at least 2 for complex bands.
        complex: analytic (one-sided) bands; False gives CWMI-Real.
        cross_entropy_weight: lambda.
        eps: regularisation of the covariance of the prediction.
    """
    smallest = 2 ** (num_scales + 1)
    if min(logits.shape[-2:]) < smallest:
        raise ValueError(
            f"logits: expected height and width of at least {smallest} for num_scales={num_scales}, "
            f"got {tuple(logits.shape[-2:])}; use fewer scales or larger crops."
        )
    prob, indicator = (x.double().flatten(0, 1) for x in read_inputs(logits, target).structure())  # B*C H W
    error = indicator - prob
    error_spectrum, prob_spectrum = torch.fft.rfft2(error), torch.fft.rfft2(prob)
    size = (prob.shape[-2], prob.shape[-1])
    information = sum(
        _scale_term(error_spectrum, prob_spectrum, size, n, num_orientations, complex, eps).mean()
        for n in range(1, num_scales + 1)
    )
    return information + cross_entropy_weight * balanced_cross_entropy_loss(logits, target)


class CWMILoss(nn.Module):
    """Module form of :func:`cwmi_loss`, with balanced cross-entropy alone in the first epochs.

    The attribute ``epoch`` is set by the trainer; a loss used alone behaves as after the warm-up.
    """

    def __init__(
        self,
        num_scales: int = 4,
        num_orientations: int = 4,
        complex: bool = True,
        cross_entropy_weight: float = 0.9,
        eps: float = 5e-4,
        warmup_epochs: int = 1,
    ) -> None:
        super().__init__()
        self.num_scales, self.num_orientations = num_scales, num_orientations
        self.complex, self.eps = complex, eps
        self.cross_entropy_weight = cross_entropy_weight
        self.warmup_epochs = warmup_epochs
        self.epoch: int | None = None

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        if self.epoch is not None and self.epoch < self.warmup_epochs:
            return balanced_cross_entropy_loss(logits, target)
        return cwmi_loss(
            logits,
            target,
            self.num_scales,
            self.num_orientations,
            self.complex,
            self.cross_entropy_weight,
            self.eps,
        )
