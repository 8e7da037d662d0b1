"""Region mutual information (Zhao et al., NeurIPS 2019)."""

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import Inputs, read_inputs
from cwmi_seg.losses._mutual_information import conditional_log_determinant
from cwmi_seg.mistakes import Mistake


def rmi_loss(
    logits: Tensor,
    target: Tensor,
    cross_entropy_weight: float = 0.5,
    radius: int = 3,
    pool_size: int = 3,
    eps: float = 5e-4,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """Cross-entropy and a lower bound of the mutual information of the neighbourhoods of target and prediction.

    ``w BCE + (1 - w) sum_c mean_batch 1/2 log det(S_{Y|P} + eps I) / R^d``. Y and P are the neighbourhoods of target
    and probability of class c, R along each of the d axes, both max-pooled before, as centred vectors of R^d values;
    ``S_{Y|P} = S_YY - S_YP (S_PP + eps I)^-1 S_YP^T`` with covariances that are sums over the positions, in float64.
    BCE is the binary cross-entropy of every class, summed and divided by (number of pixels + 1). Rewards a
    prediction whose local patterns tell those of the target. Negative near the target, not 0, and away from it
    larger for larger images. Pixels that are ignored count as 0 in target and prediction.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        cross_entropy_weight: w, in [0, 1].
        radius: R, side of a neighbourhood, in pooled pixels.
        pool_size: side and stride of the max-pooling, in pixels.
        eps: regularisation of the covariances, at least 1e-6.
        ignore_index: target value of pixels that take no part.

    Returns:
        Scalar, at least (1 - w) C log(eps) / 2, nats: -3.8 for two classes and the defaults.

    Raises:
        ValueError: images smaller than a neighbourhood.

    Example:
        >>> target = torch.zeros(1, 32, 32, dtype=torch.long)
        >>> target[:, 8:24, 15] = 1
        >>> right = torch.stack([1 - target, target], 1) * 9.0
        >>> bool(rmi_loss(right, target) < rmi_loss(right.roll(1, -1), target))
        True

    Reference:
        S. Zhao et al., Region mutual information loss for semantic segmentation, arXiv:1910.12037, equations 13-17.
    """
    inputs = read_inputs(logits, target, ignore_index)
    dimensions = logits.ndim - 2
    pool = (nn.MaxPool2d if dimensions == 2 else nn.MaxPool3d)(pool_size, padding=pool_size // 2)
    target_pooled, prob_pooled = (pool(x).double().flatten(0, 1) for x in (inputs.indicator, inputs.prob()))  # B*C ...
    if min(prob_pooled.shape[1:]) < radius:
        smallest = radius * pool_size - 2 * (pool_size // 2)
        raise Mistake(
            f"logits: expected sides of at least {smallest} for radius={radius} and "
            f"pool_size={pool_size}, got {tuple(logits.shape[2:])}; use larger crops."
        )
    # the jitter of the published loss is eps itself, as its formula has it
    log_det = conditional_log_determinant(*_covariances(target_pooled, prob_pooled, radius), eps, jitter=eps)
    information = log_det.sum().to(inputs.log_prob.dtype) / (logits.shape[0] * 2 * radius**dimensions)
    return cross_entropy_weight * _binary_cross_entropy(inputs) + (1 - cross_entropy_weight) * information


def _covariances(target: Tensor, prob: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor]:
    """S_EE, S_EP and S_PP, n R^d R^d, of the neighbourhoods in images n *space; E is target minus probability.

    Only one factor of a covariance has to be centred. So the factor that carries the gradient stays as it is, and
    the other is centred, in place, outside the graph.
    """
    prob_windows = _windows(prob[:, None], radius)  # n R^d L
    with torch.no_grad():
        windows = _windows(torch.stack([target, prob], dim=1), radius)  # n 2R^d L
        windows -= windows.mean(-1, keepdim=True)
        target_windows = windows[:, : prob_windows.shape[1]]
        s_yy = target_windows @ target_windows.mT
    s_py, half = (prob_windows @ windows.mT).chunk(2, dim=2)
    s_pp = half + half.mT - half.detach()  # the value of half; the gradient of both factors
    return s_yy - s_py - s_py.mT + s_pp, s_py.mT - s_pp, s_pp


def _windows(images: Tensor, radius: int) -> Tensor:
    """The neighbourhoods of images n M *space, as columns: n M*R^d L."""
    dimensions = images.ndim - 2
    for axis in range(2, images.ndim):
        images = images.unfold(axis, radius, 1)  # n M *positions R ... R
    inside = tuple(range(2 + dimensions, 2 + 2 * dimensions))
    windows = images.movedim(inside, tuple(range(2, 2 + dimensions)))  # n M R ... R *positions
    return windows.flatten(2 + dimensions).flatten(1, 1 + dimensions)


def _binary_cross_entropy(inputs: Inputs) -> Tensor:
    """One-against-rest cross-entropies of all classes, summed, divided by (number of pixels + 1)."""
    valid = 1.0 if inputs.valid is None else inputs.valid.to(inputs.indicator.dtype)
    rest = (valid - inputs.indicator) * _log_rest(inputs.log_prob)
    return -(inputs.class_sums(inputs.log_prob).sum() + rest.sum()) / (inputs.indicator.sum() + 1)


def _log_rest(log_prob: Tensor) -> Tensor:
    """log(1 - p_c), B C *space, exact where p_c rounds to 1."""
    if log_prob.shape[1] == 2:
        return log_prob.flip(1)
    others = [torch.cat([log_prob[:, :c], log_prob[:, c + 1 :]], dim=1) for c in range(log_prob.shape[1])]
    return torch.stack([x.logsumexp(1) for x in others], dim=1)


class RMILoss(nn.Module):
    """Module form of :func:`rmi_loss`."""

    def __init__(
        self,
        cross_entropy_weight: float = 0.5,
        radius: int = 3,
        pool_size: int = 3,
        eps: float = 5e-4,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__()
        check_number("cross_entropy_weight", cross_entropy_weight, "0.5 is the paper's", least=0, most=1)
        check_number("radius", radius, "3 is the paper's", least=1, whole=True)
        check_number("pool_size", pool_size, "3 is the paper's, 1 leaves the pooling out", least=1, whole=True)
        check_number("eps", eps, "less drowns in rounding, 5e-4 is the paper's", least=1e-6)
        self.cross_entropy_weight, self.eps = cross_entropy_weight, eps
        self.radius, self.pool_size = radius, pool_size
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return rmi_loss(
            logits,
            target,
            cross_entropy_weight=self.cross_entropy_weight,
            radius=self.radius,
            pool_size=self.pool_size,
            eps=self.eps,
            ignore_index=self.ignore_index,
        )
