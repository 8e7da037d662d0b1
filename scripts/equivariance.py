"""Print how much CWMI changes when image and target are mirrored or turned, for each form of its covariances.

    python -m scripts.equivariance

Value: the largest change of the mutual information relative to it. Gradient: the largest change of the gradient by the
probability, turned back, relative to its norm; both over pairs of random blobs and noisy predictions, in float64. In
the plane the identity's seven companions are taken apart into the mirror, quarter turn and transposition; in space all
48 symmetries of the cube are counted, and how many of them are exact (1e-9).
"""

import argparse
import itertools
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from cwmi_seg.losses._subband_measures import Subbands, mutual_information

FORMS = {"proper": (True, "proper"), "augmented": (True, "augmented"), "real": (False, "proper")}
Turn = Callable[[Tensor], Tensor]
PLANE: dict[str, Turn] = {
    "mirror": lambda x: x.flip(-1),
    "quarter turn": lambda x: x.rot90(1, (-2, -1)),
    "transposition": lambda x: x.mT,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=12, help="images of each kind")
    parser.add_argument("--size", type=int, default=64, help="pixels a side")
    parser.add_argument("--volume-size", type=int, default=16, help="voxels a side")
    parser.add_argument("--volume-pairs", type=int, default=2)
    arguments = parser.parse_args()
    print(f"{'':38s} {'value':>9s} {'gradient':>9s}")
    for k in (4, 3):
        pairs = [blobs((arguments.size,) * 2, seed) for seed in range(arguments.pairs)]
        for form, (name, turn) in itertools.product(FORMS, PLANE.items()):
            value, gradient = (max(both) for both in zip(*(changes(form, k, 3, turn, *p) for p in pairs), strict=True))
            print(f"{f'image, K = {k}, {form}, {name}':38s} {value:9.1e} {gradient:9.1e}")
    pairs = [blobs((arguments.volume_size,) * 3, seed) for seed in range(arguments.volume_pairs)]
    for k, form in itertools.product((6, 3, 16), FORMS):
        if k < 16 or form == "proper":
            in_space(k, form, pairs)


def in_space(k: int, form: str, pairs: list[tuple[Tensor, Tensor]]) -> None:
    """One line on all symmetries of the cube."""
    every = [
        [max(both) for both in zip(*(changes(form, k, 2, turn, *pair) for pair in pairs), strict=True)]
        for turn in symmetries()
    ]
    value, gradient = (max(both) for both in zip(*every, strict=True))
    exact = sum(max(both) < 1e-9 for both in every)
    print(f"{f'volume, K = {k}, {form}, 48 symmetries':38s} {value:9.1e} {gradient:9.1e}   exact for {exact} of 48")


def symmetries() -> list[Turn]:
    """Of the cube: permutations of the axes with mirrors."""
    mirrors = [m for number in range(4) for m in itertools.combinations((1, 2, 3), number)]
    return [_turn(order, m) for order in itertools.permutations((1, 2, 3)) for m in mirrors]


def _turn(order: tuple[int, ...], mirrored: tuple[int, ...]) -> Turn:
    return lambda x: x.permute(0, *order).flip(mirrored)


def changes(form: str, k: int, num_scales: int, turn: Turn, prob: Tensor, target: Tensor) -> tuple[float, float]:
    """Relative change of the value, and of the gradient relative to its norm."""
    value, gradient = information(form, k, num_scales, prob, target)
    turned, turned_gradient = information(form, k, num_scales, turn(prob), turn(target))
    of_value, of_gradient = abs(turned / value - 1), (turned_gradient - turn(gradient)).norm() / gradient.norm()
    return of_value.item(), of_gradient.item()


def information(form: str, k: int, num_scales: int, prob: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The mutual information, and its gradient by the probability."""
    complex, covariance = FORMS[form]
    leaf = prob.detach().requires_grad_()
    subbands = Subbands(tuple(range(1, num_scales + 1)), k, complex, 5e-4, covariance)
    value = mutual_information(leaf, target - prob, subbands).sum()
    return value.detach(), torch.autograd.grad(value, leaf)[0]


def blobs(sizes: tuple[int, ...], seed: int) -> tuple[Tensor, Tensor]:
    """A prediction that is mostly right, and a target of smooth blobs, 1 *sizes."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, 1, *(n // 4 for n in sizes), generator=generator)
    smooth = F.interpolate(coarse, sizes, mode="bilinear" if len(sizes) == 2 else "trilinear")[0]
    target = (smooth > 0.5).double()
    noise = torch.rand(1, *sizes, generator=generator, dtype=torch.float64)
    return 0.5 * target + 0.4 * noise + 0.05, target


if __name__ == "__main__":
    main()
