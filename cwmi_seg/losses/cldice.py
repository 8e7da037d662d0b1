"""clDice: overlap of centrelines (Shit et al., CVPR 2021)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._inputs import read_inputs, space

_PIXELS_AT_ONCE = 2**18
"""Images are skeletonised in groups of about this size: small enough for the cache, large enough for small images."""

_PIXELS_AT_ONCE_ELSEWHERE = 2**22
"""On a GPU, where each group costs hundreds of launches; takes 300 bytes a pixel."""


def cldice_loss(
    logits: Tensor,
    target: Tensor,
    iterations: int = 10,
    smooth: float = 1.0,
    dice_weight: float = 0.5,
    include_background: bool = True,
    joint: bool = False,
    batch: bool = True,
    *,
    ignore_index: int | None = None,
) -> Tensor:
    """``w (1 - Dice) + (1 - w) (1 - 2 Tprec Tsens / (Tprec + Tsens))``, mean over the classes (C = 2: class 1 alone).

    ``Tprec = (sum(skel(p) y) + s) / (sum skel(p) + s)``, ``Tsens = (sum(skel(y) p) + s) / (sum skel(y) + s)``,
    ``Dice = (2 sum(p y) + s) / (sum p + sum y + s)``, sums over batch and pixels, ``skel`` from :func:`soft_skeleton`.
    Rewards a prediction whose centreline lies in the target and that covers the target's centreline, so a break costs
    more than a wrong width. Structures wider than about twice ``iterations`` have no skeleton. Near 0 at the
    target. Pixels that are ignored count as 0 in target and prediction.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        iterations: erosions of the skeleton, at least 0, about half the width in pixels of the widest structure.
        smooth: s, above 0; keeps empty targets finite.
        dice_weight: w, in [0, 1]; 0 leaves clDice alone, which does not see false pixels off the centrelines and goes
            to blurred or widened masks unless Dice or cross-entropy is summed with it.
        include_background: Whether class 0 counts where C > 2.
        joint: Whether the sums go over the classes too, as in other implementations; else the classes are averaged.
        batch: Whether the sums go over the batch; else they go over each image, and the images are averaged.
        ignore_index: target value of pixels that take no part.

    Returns:
        Scalar in [0, 1].

    Example:
        >>> target = torch.zeros(1, 32, 32, dtype=torch.long)
        >>> target[:, :, 15:18] = 1
        >>> broken, wide = target.clone().index_fill(1, torch.tensor([16, 17]), 0), target | target.roll(1, -1)
        >>> z = [cldice_loss(torch.stack([1 - y, y], 1) * 20.0, target, dice_weight=0.0) for y in (broken, wide)]
        >>> bool(z[0] > z[1])  # though fewer pixels are wrong
        True

    Reference:
        S. Shit et al., clDice, arXiv:2003.07311, equations 1-3 and algorithm 1.
    """
    prob, indicator = read_inputs(logits, target, ignore_index).structure()
    if prob.shape[1] > 1 and not include_background:
        prob, indicator = prob[:, 1:], indicator[:, 1:]
    over = (*((0,) if batch else ()), *((1,) if joint else ()), *space(prob))
    prob_skeleton = soft_skeleton(prob, iterations)
    # of 0 and 1 alone: int8 gives the same skeleton in a quarter of the memory
    target_skeleton = soft_skeleton(indicator.to(torch.int8), iterations).to(prob.dtype)
    precision = _share(prob_skeleton, indicator, smooth, over)
    sensitivity = _share(target_skeleton, prob, smooth, over)
    centreline = 2 * precision * sensitivity / (precision + sensitivity)
    dice = (2 * (prob * indicator).sum(over) + smooth) / (prob.sum(over) + indicator.sum(over) + smooth)
    return (dice_weight * (1 - dice) + (1 - dice_weight) * (1 - centreline)).mean()


def soft_skeleton(image: Tensor, iterations: int) -> Tensor:
    """The soft skeleton of an image B C *space with values in [0, 1].

    With the erosions ``e_0 = image, e_i = min over the 4-neighbourhood of e_(i-1)`` (pixel included) and the residues
    ``d_i = relu(e_i - max over the 8-neighbourhood of e_(i+1))`` (6 and 26 neighbours in volumes), i = 0 to
    ``iterations``, the skeleton is ``1 - prod_i (1 - d_i)``, which is the recursion
    ``S_i = S_(i-1) + relu(d_i - S_(i-1) d_i)`` written out. Pixels outside the image are left out of minimum and
    maximum.
    """
    pixels_at_once = _PIXELS_AT_ONCE if image.device.type == "cpu" else _PIXELS_AT_ONCE_ELSEWHERE
    images_at_once = max(1, pixels_at_once // image[0, 0].numel())
    groups = torch.split(image.flatten(0, 1), images_at_once)
    skeleton = torch.cat([_Skeleton.apply(group, iterations) for group in groups])
    return skeleton.view_as(image)


class _Context(FunctionCtx):
    """Everything that the forward pass leaves to the backward pass."""

    saved_tensors: tuple[Tensor]  # the images
    iterations: int


class _Skeleton(torch.autograd.Function):
    """Soft skeletons of a group of images n *space.

    Erosion and dilation only select pixels: each value of e_i and of its dilation is that of one source pixel, which
    gets its gradient. The backward pass finds the sources by eroding and dilating keys that order like the values
    and hold the pixel's position in their lower half, instead of keeping the argmin of every step.
    """

    @staticmethod
    def forward(ctx: _Context, image: Tensor, iterations: int) -> Tensor:
        ctx.save_for_backward(image)
        ctx.iterations = iterations
        rest = torch.ones_like(image)
        for eroded, opened in _levels(image, iterations):
            rest *= 1 - (eroded - opened).clamp_(min=0)
        return 1 - rest

    @staticmethod
    @once_differentiable
    def backward(ctx: _Context, gradient: Tensor) -> tuple[Tensor, None]:
        (image,) = ctx.saved_tensors
        residues = [eroded - opened for eroded, opened in _levels(image, ctx.iterations)]
        before = _products_before(residues)
        sources = list(_levels(_keys(image), ctx.iterations))
        result, after = torch.zeros_like(image).flatten(), gradient.clone()
        # the skeleton changes with d_i by the product of (1 - d_j) over all other j: `product` has those before i, and
        # `after` gathers those after it, beginning with the gradient that arrives
        for residue, product, (eroded, opened) in zip(residues[::-1], before[::-1], sources[::-1], strict=True):
            part = (after * product).mul_(residue > 0).flatten()
            result.index_add_(0, _position(eroded), part)
            result.index_add_(0, _position(opened), part, alpha=-1)
            after *= 1 - residue.clamp(min=0)
        return result.view_as(image), None


def _levels(image: Tensor, iterations: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The erosions e_0 ... e_n and, beside each, the dilation of the next."""
    for _ in range(iterations + 1):
        eroded = _erode(image)
        yield image, _dilate(eroded)
        image = eroded


def _erode(image: Tensor) -> Tensor:
    """Minimum over the pixel and its two neighbours along each axis."""
    result = image.clone()
    for axis in range(1, image.ndim):
        _spread(torch.minimum, image, result, axis)
    return result


def _dilate(image: Tensor) -> Tensor:
    """Maximum over 3 x 3 pixels, 3 x 3 x 3 in volumes."""
    for axis in range(1, image.ndim):
        result = image.clone()
        _spread(torch.maximum, image, result, axis)
        image = result
    return image


def _spread(select: Callable[..., Tensor], image: Tensor, result: Tensor, axis: int) -> None:
    """Take both neighbours along ``axis`` into ``result``, in place."""
    length = image.shape[axis] - 1
    for here, there in ((1, 0), (0, 1)):
        part = result.narrow(axis, here, length)
        select(part, image.narrow(axis, there, length), out=part)


def _keys(image: Tensor) -> Tensor:
    """int64 that order like the values (at least 0, so their float32 bits do), the position in the lower 32 bits."""
    position = torch.arange(image.numel(), device=image.device).view_as(image)
    return (image.float().view(torch.int32).long() << 32) | position


def _position(keys: Tensor) -> Tensor:
    return (keys & 0xFFFFFFFF).flatten()


def _products_before(residues: list[Tensor]) -> list[Tensor]:
    """prod of (1 - d_j) over j < i, for each i."""
    products = [torch.ones_like(residues[0])]
    for residue in residues[:-1]:
        products.append(products[-1] * (1 - residue.clamp(min=0)))
    return products


def _share(skeleton: Tensor, mask: Tensor, smooth: float, over: tuple[int, ...]) -> Tensor:
    """The part of a skeleton that lies in a mask."""
    return ((skeleton * mask).sum(over) + smooth) / (skeleton.sum(over) + smooth)


class ClDiceLoss(nn.Module):
    """Module form of :func:`cldice_loss`."""

    def __init__(
        self,
        iterations: int = 10,
        smooth: float = 1.0,
        dice_weight: float = 0.5,
        ignore_index: int | None = None,
        include_background: bool = True,
        joint: bool = False,
        batch: bool = True,
    ) -> None:
        super().__init__()
        check_number("iterations", iterations, "10 is the paper's", least=0, whole=True)
        check_number("smooth", smooth, "1 is the paper's", above=0)
        check_number("dice_weight", dice_weight, "0.5 is the paper's", least=0, most=1)
        self.iterations, self.smooth, self.dice_weight = iterations, smooth, dice_weight
        self.include_background, self.joint, self.batch = include_background, joint, batch
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return cldice_loss(
            logits,
            target,
            iterations=self.iterations,
            smooth=self.smooth,
            dice_weight=self.dice_weight,
            include_background=self.include_background,
            joint=self.joint,
            batch=self.batch,
            ignore_index=self.ignore_index,
        )
