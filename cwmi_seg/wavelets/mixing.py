"""The way from moments of the directions to products of oriented filters.

Where no filter changes its sign the products of two filters are a polynomial of degree 2n in the direction u,
P_kl(u) = a^2 sqrt(m_k m_l) (v_k.u)^n (v_l.u)^n, up to a sign. So the sum of anything over such frequencies, weighted
with a product of filters, follows from its moments with the monomials of u of degree 2n, of which there are 2n+1 in
the plane and (n+1)(2n+1) in space.
"""

import itertools
import math

import torch
from torch import Tensor

from cwmi_seg.wavelets.axes import Axes


def exponents(num_dims: int, degree: int) -> list[tuple[int, ...]]:
    """The exponents of the monomials of a degree, in the order that :func:`monomials` has them."""
    return [e for e in itertools.product(range(degree + 1), repeat=num_dims) if sum(e) == degree]


def monomials(coordinates: Tensor, degree: int) -> Tensor:
    """All products of ``degree`` coordinates, M F, of vectors d F."""
    powers = [torch.stack([coordinate**e for e in range(degree + 1)]) for coordinate in coordinates]
    # each power is computed once and then picked: with K = 32 axes there are 63 monomials of degree 62
    rows = torch.ones(1, dtype=coordinates.dtype)
    for power, of_axis in zip(powers, zip(*exponents(len(coordinates), degree), strict=True), strict=True):
        rows = rows * power[list(of_axis)]
    return rows


def product_coefficients(axes: Axes) -> Tensor:
    """P_kl as coefficients of the monomials of degree 2n: M K K."""
    num_axes, num_dims = axes.directions.shape
    single, double = exponents(num_dims, axes.order), exponents(num_dims, 2 * axes.order)
    position = {exponent: index for index, exponent in enumerate(double)}
    powers = axes.gain() * axes.weights.sqrt() * _power_coefficients(axes, single)  # of (v_k.u)^n: A K
    products = (powers[:, None, :, None] * powers[None, :, None, :]).flatten(0, 1)
    # the product of the monomials a and b is the monomial whose exponents are the sums of theirs
    sums = [position[tuple(i + j for i, j in zip(a, b, strict=True))] for a in single for b in single]
    total = torch.zeros(len(double), num_axes, num_axes, dtype=torch.float64)
    return total.index_add_(0, torch.tensor(sums), products)


def _power_coefficients(axes: Axes, single: list[tuple[int, ...]]) -> Tensor:
    """(v_k.u)^n as coefficients n!/alpha! v_k^alpha of the monomials alpha of degree n: A K."""
    counts = [math.factorial(axes.order) // math.prod(map(math.factorial, alpha)) for alpha in single]
    vectors = [(axes.directions ** torch.tensor(alpha)).prod(1) for alpha in single]
    return torch.tensor(counts, dtype=torch.float64)[:, None] * torch.stack(vectors)


def mixing(axes: Axes, signs: Tensor, form: str) -> tuple[Tensor, Tensor | None]:
    """Coefficients that turn the moments of a sign class into covariances of subbands: even and odd, each Q M n n.

    The even one applies to moments of Re(A conj B), the odd one to those of Im(A conj B), where a frequency stands
    for its negative too. They give real and imaginary parts of the covariances of complex subbands ("proper", n = K),
    the covariances of real subbands ("real", n = K, no odd part), or sums for those of
    ``sqrt(2) [Re b_1 .. Re b_K, Im b_1 .. Im b_K]`` ("augmented", n = 2K).

    Args:
        axes: The axes of the filters.
        signs: The signs +-1 of v_k.u in each class, Q K.
        form: "proper", "augmented" or "real".
    """
    products = product_coefficients(axes)
    even, odd = signs**axes.order, signs ** (axes.order + 1)  # of the filters |v.u|^n and sign(v.u) |v.u|^n
    # f and -f give conjugate products, hence twice the real part, and the imaginary parts cancel
    if form == "real":
        return 2 * _signed(products, even, even), None
    if form == "proper":
        # one-sided filters of different signs overlap nowhere; both are twice as high as the real ones, so their
        # product is four times as high
        same = (signs[:, :, None] == signs[:, None, :])[:, None]
        return 4 * products * same, 4 * products * same * signs[:, None, :, None]
    zeros = torch.zeros(len(signs), *products.shape, dtype=products.dtype)
    # the even filters make the real parts of the subbands, the odd ones the imaginary parts
    of_real = _blocks(_signed(products, even, even), zeros, zeros, _signed(products, odd, odd))
    of_imaginary = _blocks(zeros, -_signed(products, even, odd), _signed(products, odd, even), zeros)
    return 4 * of_real, 4 * of_imaginary


def mixing_of_mirrors(axes: Axes, signs: Tensor, mirrors: Tensor, form: str) -> tuple[Tensor, Tensor | None]:
    """The coefficients of :func:`mixing` for mirrored frequencies: even and odd, each Q*R*M n*n.

    The moments of a mirror image are those of monomials of the frequency that it is the image of.
    """
    of_mirrors = []
    for mirror in mirrors:
        mirrored = axes._replace(directions=axes.directions * mirror)
        # every mirrored axis is an axis of the set, or its negative
        cosines = mirrored.directions @ axes.directions.T
        same = torch.where(cosines.abs() > 1 - 1e-9, cosines.sign(), 0)
        of_mirrors.append(mixing(mirrored, signs @ same.T, form))
    even = torch.stack([of_mirror[0] for of_mirror in of_mirrors], 1)  # Q R M n n
    odd = [of_mirror[1] for of_mirror in of_mirrors if of_mirror[1] is not None]
    return even.flatten(0, 2).flatten(1), torch.stack(odd, 1).flatten(0, 2).flatten(1) if odd else None


def _signed(products: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """P_kl with the signs of a filter in the rows and of one in the columns: Q M K K."""
    return products * (rows[:, :, None] * columns[:, None, :])[:, None]


def _blocks(upper_left: Tensor, upper_right: Tensor, lower_left: Tensor, lower_right: Tensor) -> Tensor:
    upper, lower = torch.cat([upper_left, upper_right], -1), torch.cat([lower_left, lower_right], -1)
    return torch.cat([upper, lower], -2)
