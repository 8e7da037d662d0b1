"""Complex wavelet mutual information (Lu, ICML 2025, arXiv:2502.00563), in images and volumes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_choice, check_number
from cwmi_seg.losses._class_weights import class_weights
from cwmi_seg.losses._inputs import Inputs, read_inputs
from cwmi_seg.losses._subband_measures import MEASURES, Measure, Subbands
from cwmi_seg.mistakes import Mistake
from cwmi_seg.wavelets.axes import MOST_ORIENTATIONS, check_axes
from cwmi_seg.wavelets.grid import check_size, checked_spacing


class CWMILoss(nn.Module):
    """Class-balanced cross-entropy, and a bound of the mutual information of target and prediction in the subbands.

    ``lambda BCE + sum_n mean_batch log det S_{Y|P}^(n)``, where S_{Y|P} is what is left of the covariance of the K
    subbands of the target at scale n when those of the prediction are known
    (:mod:`cwmi_seg.losses._mutual_information`), and BCE is
    :func:`~cwmi_seg.losses.balanced_cross_entropy.balanced_cross_entropy_loss`. For C > 2 the second term is averaged
    over the classes, each against the rest; for C = 2 it takes class 1 alone.

    Rewards a prediction from which the oriented edges of the target, at every scale, can be told; thin and thick
    structures count alike. It is not zero at the target but most negative there, about N K log(eps) whatever the size
    (-122 with the defaults, -182 for volumes); for other predictions it is larger for larger images (do not compare
    sizes). It is 0 at scales where the target has no energy (empty or full). Borders are periodic. Where a scale has
    fewer samples than K^2 its covariances are singular: finite, but of little use.

    Two properties to know. The second term does not change when p becomes alpha p + beta, not even for 1 - p:
    threshold and sign come from the cross-entropy alone, and in volumes, where structures are rare, its weight deserves
    a search (a toy of tubes did best with ``cross_entropy="plain"`` and a weight of 10 to 40). And as published, with
    ``covariance="proper"``, the value depends on which of the two directions of an axis its one-sided filter takes:
    mirroring image and target changes the value a little, and the gradient by about a third of its norm.
    ``covariance="augmented"`` and real subbands have no such choice.

    With ``measure`` "l1", "l2" or "ssim" the second term is a distance of the subbands, the paper's ablations.

    After a call, :attr:`parts` has the two terms apart: ``cross_entropy``, ``mi_1`` (the finest scale), ``mi_2``, ...

    Works under autocast (float32 inside, covariances in float64), ``torch.compile`` (the transforms and covariances
    run eagerly, a graph break) and distributed data parallel. Second derivatives are refused.

    Args:
        num_scales: N, each half the resolution of the one before; sides of at least 2^(N+1).
        num_orientations: K of images, up to 32; at least 2 for complex subbands.
        complex: complex (one-sided) subbands; False gives CWMI-Real.
        cross_entropy_weight: lambda, at least 0.
        eps: regularisation of the covariance of the prediction, at least 1e-6.
        warmup_epochs: in the first epochs the loss is the cross-entropy alone, with weight 1. Counts where
            :attr:`epoch` is set (by the training task); alone the loss behaves as after the warm-up.
        scales: take these scales only, from 1 (the finest) to N; all by default.
        measure: "mi", "l1", "l2" or "ssim".
        ignore_index: target value of pixels that take no part: target and probability are 0 there.
        reduction: "none" for one value for each image, B, that of the image alone: its cross-entropy is the mean over
            its own valid pixels. "mean" for a scalar: every valid pixel of the batch counts alike in the
            cross-entropy, every image alike in the second term. It is the mean of the values of "none" where all
            images have as many valid pixels.
        num_axes: K of volumes: 6 (the axes of an icosahedron), 3 (faster, and less even in its directions) or, for
            complex subbands and proper covariances, 16 (twice the time, no known gain).
        spacing: distance of the samples along each axis, (H, W) or (D, H, W), in any unit; equal by default. An axis
            of thick slices is halved later and may then be shorter.
        covariance: "proper", as published: complex subbands as proper complex variables. "augmented": half the log
            det of the 2K real and imaginary parts, which is the same for proper variables, and exactly equivariant
            under mirroring, and under quarter turns for even K.
        cross_entropy: "balanced", weighted with the class counts of the image, or "plain".
        largest_class_weight: bound of the weights of the balanced cross-entropy, at least 1; None for none. With many
            classes a class of ten pixels has a weight of thousands.
        class_mean: for C > 2 the classes that the second term is averaged over: "all", or "present", those that the
            target of the image has. It is 0 for the others, so that "all" counts an image with few classes less.

    Shape:
        logits B C H W or B C D H W (or one channel), raw; target B H W or B D H W, class index.

    Raises:
        ValueError: an argument out of range, or images too small for N.

    Example:
        >>> target = torch.zeros(1, 32, 32, dtype=torch.long)
        >>> target[:, 8:24, 15] = 1
        >>> right, loss = torch.stack([1 - target, target], 1) * 9.0, CWMILoss(num_scales=2)
        >>> bool(loss(right, target) < loss(right.roll(1, -1), target))
        True

    Reference:
        R. Lu, Complex wavelet mutual information loss, arXiv:2502.00563, equations 4-12.
    """

    def __init__(
        self,
        num_scales: int = 4,
        num_orientations: int = 4,
        complex: bool = True,
        cross_entropy_weight: float = 0.9,
        eps: float = 5e-4,
        warmup_epochs: int = 1,
        scales: Sequence[int] | None = None,
        measure: str = "mi",
        ignore_index: int | None = None,
        reduction: str = "mean",
        *,
        num_axes: int = 6,
        spacing: Sequence[float] | None = None,
        covariance: str = "proper",
        cross_entropy: str = "balanced",
        largest_class_weight: float | None = None,
        class_mean: str = "all",
    ) -> None:
        super().__init__()
        least = 2 if complex else 1
        check_number("num_scales", num_scales, "4 is the paper's", least=1, whole=True)
        check_number(
            "num_orientations", num_orientations, "4 is the paper's", least=least, most=MOST_ORIENTATIONS, whole=True
        )
        check_number("cross_entropy_weight", cross_entropy_weight, "0.9 is the paper's", least=0)
        check_number("eps", eps, "less drowns in rounding, 5e-4 is the paper's", least=1e-6)
        check_number("warmup_epochs", warmup_epochs, "1 is the paper's", least=0)
        check_number("num_axes", num_axes, "use 6", least=3, whole=True)
        check_axes("num_axes", 3, num_axes, complex=complex and covariance == "proper")
        check_choice("measure", measure, MEASURES, "mi is the loss of the paper")
        check_choice("reduction", reduction, ("mean", "none"), "mean is what training needs")
        check_choice("cross_entropy", cross_entropy, ("balanced", "plain"), "balanced is the paper's")
        if largest_class_weight is not None:
            check_number("largest_class_weight", largest_class_weight, "null leaves the weights as they are", least=1)
        check_choice("class_mean", class_mean, ("all", "present"), "all is what two classes have")
        _check_covariance(covariance, complex)
        self.num_scales, self.num_orientations, self.num_axes = num_scales, num_orientations, num_axes
        # lists of OmegaConf become tuples here: they are keys of the caches of filters and plans
        self.scales, self.complex, self.eps = _chosen_scales(scales, num_scales), complex, eps
        self.spacing = None if spacing is None else checked_spacing(2 if len(spacing) == 2 else 3, spacing)
        self.covariance, self.measure = covariance, measure
        self.cross_entropy, self.cross_entropy_weight = cross_entropy, cross_entropy_weight
        self.largest_class_weight, self.class_mean = largest_class_weight, class_mean
        self.warmup_epochs, self.ignore_index, self.reduction = warmup_epochs, ignore_index, reduction
        self.epoch: int | None = None
        self.parts: dict[str, Tensor] = {}

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        inputs = read_inputs(logits, target, self.ignore_index)
        check_size("logits", logits.shape[2:], self.num_scales, self.spacing)
        cross_entropy = _cross_entropy(inputs, self.cross_entropy, self.reduction, self.largest_class_weight)
        self.parts = {"cross_entropy": cross_entropy.detach().mean()}
        if self.epoch is not None and self.epoch < self.warmup_epochs:
            return self._reduced(cross_entropy)
        terms = _subband_terms(inputs, MEASURES[self.measure], self._subbands(logits.ndim - 2), self.class_mean)
        means = terms.detach().mean(1).unbind()
        self.parts |= {f"{self.measure}_{scale}": mean for scale, mean in zip(self.scales, means, strict=True)}
        return self._reduced(self.cross_entropy_weight * cross_entropy + terms.sum(0))

    def _subbands(self, num_dims: int) -> Subbands:
        num_axes = self.num_orientations if num_dims == 2 else self.num_axes
        return Subbands(
            scales=self.scales,
            num_axes=num_axes,
            complex=self.complex,
            eps=self.eps,
            covariance=self.covariance,
            spacing=self.spacing,
        )

    def _reduced(self, values: Tensor) -> Tensor:
        return values.mean() if self.reduction == "mean" else values

    def extra_repr(self) -> str:
        """The settings of the second term, for ``print(loss)``."""
        named = ("num_scales", "num_orientations", "num_axes", "complex", "scales", "spacing", "covariance", "measure")
        return ", ".join(f"{name}={getattr(self, name)}" for name in named)


def cwmi_loss(
    logits: Tensor,
    target: Tensor,
    num_scales: int = 4,
    num_orientations: int = 4,
    complex: bool = True,
    cross_entropy_weight: float = 0.9,
    eps: float = 5e-4,
    scales: Sequence[int] | None = None,
    measure: str = "mi",
    ignore_index: int | None = None,
    reduction: str = "mean",
    *,
    num_axes: int = 6,
    spacing: Sequence[float] | None = None,
    covariance: str = "proper",
    cross_entropy: str = "balanced",
    largest_class_weight: float | None = None,
    class_mean: str = "all",
) -> Tensor:
    """:class:`CWMILoss` as a function, without warm-up."""
    loss = CWMILoss(
        num_scales=num_scales,
        num_orientations=num_orientations,
        complex=complex,
        cross_entropy_weight=cross_entropy_weight,
        eps=eps,
        scales=scales,
        measure=measure,
        ignore_index=ignore_index,
        reduction=reduction,
        num_axes=num_axes,
        spacing=spacing,
        covariance=covariance,
        cross_entropy=cross_entropy,
        largest_class_weight=largest_class_weight,
        class_mean=class_mean,
    )
    value: Tensor = loss(logits, target)
    return value


def _cross_entropy(inputs: Inputs, kind: str, reduction: str, largest_weight: float | None) -> Tensor:
    """The balanced or plain cross-entropy of each image, B.

    For the reduction "none" it is the mean over the pixels of the image. For "mean" it is divided by the number of
    pixels of the batch, and scaled so that the mean over the images is the loss of the batch.
    """
    sums = inputs.class_sums(inputs.log_prob)
    sums = (sums if kind == "plain" else class_weights(inputs.indicator, largest_weight) * sums).sum(1)
    if reduction == "none":
        return -sums / inputs.indicator.flatten(1).sum(1).clamp(min=1)
    return -sums * len(sums) / inputs.num_pixels()


def _subband_terms(inputs: Inputs, measure: Measure, subbands: Subbands, class_mean: str) -> Tensor:
    """The values of the measure for each scale and image, averaged over the classes: N B."""
    prob, indicator = inputs.structure()
    with torch.no_grad():  # 1 - p from log p keeps its digits where p is almost 1
        log_prob = inputs.log_prob[:, -prob.shape[1] :]
        error = torch.where(indicator > 0, -torch.expm1(log_prob), -prob)
    if torch.compiler.is_compiling():  # complex numbers and cached plans are not for the compiler
        measure = torch.compiler.disable(measure)  # type: ignore[no-untyped-call]
    terms = measure(prob.flatten(0, 1), error.flatten(0, 1), subbands)  # N B*C'
    terms = terms.view(-1, *prob.shape[:2])
    if class_mean == "all":
        return terms.mean(2).to(prob.dtype)
    present = indicator.flatten(2).any(2)  # B C'
    return ((terms * present).sum(2) / present.sum(1).clamp(min=1)).to(prob.dtype)


def _chosen_scales(scales: Sequence[int] | None, num_scales: int) -> tuple[int, ...]:
    every = range(1, num_scales + 1)
    chosen = tuple(every) if scales is None else tuple(sorted(set(scales)))
    if not chosen or any(scale not in every for scale in chosen):
        raise Mistake(
            f"scales: expected numbers from 1 (the finest) to num_scales={num_scales}, got {scales}; "
            "leave it out (null) for all scales."
        )
    return chosen


def _check_covariance(covariance: str, complex: bool) -> None:
    check_choice("covariance", covariance, ("proper", "augmented"), "proper is the paper's")
    if covariance == "augmented" and not complex:
        raise Mistake(
            "covariance: expected proper for real subbands, got augmented; leave it out, or set complex to true."
        )
