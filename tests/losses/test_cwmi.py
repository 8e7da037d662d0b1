"""The CWMI loss: against its direct form, by invariants, and in the surroundings it is used in."""

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cwmi_seg.losses import BalancedCrossEntropyLoss, CWMILoss
from cwmi_seg.losses._subband_measures import MEASURES, Subbands
from cwmi_seg.losses.cwmi import cwmi_loss
from tests.support.generated_inputs import generated_input
from tests.support.reference import direct_cwmi

Loss = Callable[[Tensor, Tensor], Tensor]


def noisy(size: tuple[int, int] = (32, 40), num_classes: int = 2, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Logits 2 C H W that know something of the target 2 H W, in float64."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(2, num_classes, 8, 8, generator=generator, dtype=torch.float64)
    target = nn.functional.interpolate(coarse, size=size, mode="bilinear").argmax(1)
    noise = torch.randn(2, num_classes, *size, generator=generator, dtype=torch.float64)
    return nn.functional.one_hot(target, num_classes).movedim(-1, 1) + noise, target


def value_and_gradient(
    loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, target: Tensor
) -> tuple[Tensor, Tensor]:
    logits = logits.detach().requires_grad_()
    value = loss(logits, target)
    return value.detach(), torch.autograd.grad(value.sum(), logits)[0]


@given(
    height=st.integers(16, 60),
    width=st.integers(16, 60),
    num_scales=st.integers(1, 3),
    k=st.integers(2, 8),
    complex=st.booleans(),
    seed=st.integers(0, 2**30),
)
def test_equal_to_the_direct_form(height: int, width: int, num_scales: int, k: int, complex: bool, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    target, prob = torch.rand(2, 2, height, width, dtype=torch.float64, generator=generator)
    prob.requires_grad_()
    subbands = Subbands(tuple(range(1, num_scales + 1)), k, complex, 5e-4)
    ours = MEASURES["mi"](prob, (target - prob).detach(), subbands)
    direct = direct_cwmi(prob, target, num_scales, k, complex=complex)
    assert torch.allclose(ours, direct, rtol=1e-8, atol=1e-8)
    gradients = [torch.autograd.grad(value.sum(), prob)[0] for value in (ours, direct)]
    assert (gradients[0] - gradients[1]).norm() <= 1e-8 * gradients[1].norm()


@pytest.mark.parametrize("measure", MEASURES)
def test_parts_add_up(measure: str) -> None:
    loss = CWMILoss(num_scales=2, measure=measure, cross_entropy_weight=0.5)
    value = loss(*noisy())
    assert list(loss.parts) == ["cross_entropy", f"{measure}_1", f"{measure}_2"]
    cross_entropy, first, second = loss.parts.values()
    assert torch.allclose(value, 0.5 * cross_entropy + first + second)
    assert torch.allclose(cross_entropy, BalancedCrossEntropyLoss()(*noisy()))
    assert not value.requires_grad


@pytest.mark.parametrize("measure", MEASURES)
def test_one_scale_of_several(measure: str) -> None:
    everything, coarse = (CWMILoss(3, 3, measure=measure, scales=scales) for scales in (None, [3]))
    everything(*noisy())
    coarse(*noisy())
    assert torch.allclose(coarse.parts[f"{measure}_3"], everything.parts[f"{measure}_3"])
    assert set(coarse.parts) == {"cross_entropy", f"{measure}_3"}


@pytest.mark.parametrize("num_classes", [2, 3])
@pytest.mark.parametrize("epoch", [None, 0])
def test_values_of_each_image_are_those_of_the_image_alone(epoch: int | None, num_classes: int) -> None:
    """Also where the images of the batch have different numbers of ignored pixels."""
    logits, target = noisy(num_classes=num_classes)
    target[0, :9] = 255
    each, mean = (CWMILoss(2, ignore_index=255, reduction=reduction) for reduction in ("none", "mean"))
    each.epoch = mean.epoch = epoch
    values = each(logits, target)
    alone = [mean(logits[i : i + 1], target[i : i + 1]) for i in range(2)]
    assert values.tolist() == pytest.approx([value.item() for value in alone], rel=1e-12)


def test_mean_counts_every_valid_pixel_of_the_batch_alike() -> None:
    """As BalancedCrossEntropyLoss does, and so not the mean of the values of the images."""
    logits, target = noisy()
    target[0, :9] = 255
    loss = CWMILoss(num_scales=2, cross_entropy_weight=2.0, ignore_index=255)
    each = cwmi_loss(logits, target, 2, cross_entropy_weight=0, ignore_index=255, reduction="none")
    expected = 2 * BalancedCrossEntropyLoss(ignore_index=255)(logits, target) + each.mean()
    assert torch.allclose(loss(logits, target), expected, rtol=1e-12)
    apart = cwmi_loss(logits, target, 2, cross_entropy_weight=2.0, ignore_index=255, reduction="none")
    assert not torch.allclose(apart.mean(), expected, rtol=1e-6)


def test_mean_and_the_values_of_each_image_agree_without_ignored_pixels() -> None:
    logits, target = noisy(num_classes=3)
    each = cwmi_loss(logits, target, num_scales=2, reduction="none")
    assert torch.allclose(each.mean(), cwmi_loss(logits, target, num_scales=2), rtol=1e-12)


def test_classes_are_averaged_one_against_the_rest() -> None:
    logits, target = noisy(num_classes=3)
    log_prob = logits.log_softmax(1)
    rest = torch.log(-torch.expm1(log_prob))
    loss = CWMILoss(num_scales=2, cross_entropy_weight=0)
    binary = [loss(torch.stack([rest[:, c], log_prob[:, c]], 1), (target == c).long()) for c in range(3)]
    assert torch.allclose(loss(logits, target), torch.stack(binary).mean())


def test_warm_up_is_the_balanced_cross_entropy_alone() -> None:
    loss = CWMILoss(num_scales=2, warmup_epochs=2)
    after = loss(*noisy())
    values = []
    for loss.epoch in (0, 1, 2):
        values.append(loss(*noisy()))
    assert torch.allclose(values[0], BalancedCrossEntropyLoss()(*noisy()))
    assert torch.equal(values[0], values[1])
    assert torch.equal(values[2], after)


@pytest.mark.parametrize("fill", [0, 1])
def test_scales_without_energy_count_nothing(fill: int) -> None:
    logits, target = noisy()
    target[1] = fill
    each = cwmi_loss(logits, target, num_scales=2, cross_entropy_weight=0, reduction="none")
    loss = CWMILoss(num_scales=2, cross_entropy_weight=0)
    _, gradient = value_and_gradient(loss, logits.float(), target)
    assert each[1] == 0
    assert each[0] != 0
    assert (gradient[1] == 0).all()
    stripes = torch.arange(32).div(2, rounding_mode="floor").remainder(2).expand(2, 40, -1)
    loss(torch.randn(2, 2, 40, 32, dtype=torch.float64), stripes)  # a period of 4 pixels
    assert loss.parts["mi_1"] != 0
    assert loss.parts["mi_2"] == 0


def test_most_negative_at_the_target_and_shift_invariant() -> None:
    _, target = noisy()
    right = 12.0 * nn.functional.one_hot(target, 2).movedim(-1, 1).double()
    values = [cwmi_loss(right.roll(shift, -1), target, 2).item() for shift in range(4)]
    assert values == sorted(values)
    assert cwmi_loss(right.roll((3, 5), (2, 3)), target.roll((3, 5), (1, 2)), 2).item() == pytest.approx(values[0])


@pytest.mark.parametrize("num_orientations", [4, 12])
def test_float32_is_precise_near_the_target(num_orientations: int) -> None:
    _, target = noisy((64, 96))
    noise = torch.rand(2, 64, 96, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    prob = (target - 1e-3 * noise).abs()
    logits = torch.stack([torch.log1p(-prob), prob.log()], 1)
    loss = CWMILoss(num_orientations=num_orientations)
    (narrow, narrow_gradient), (wide, wide_gradient) = (
        value_and_gradient(loss, x, target) for x in (logits.float(), logits)
    )
    assert narrow.item() == pytest.approx(wide.item(), rel=1e-5)
    assert torch.cosine_similarity(narrow_gradient.flatten().double(), wide_gradient.flatten(), dim=0) > 0.99999


@pytest.mark.parametrize("seed", range(0, 168 * 9, 9 * 2 + 1))  # 168 kinds; scripts/stress_cwmi.py has them all
def test_generated_inputs_are_finite(seed: int) -> None:
    logits, target, arguments = generated_input(seed, largest=80)
    value, gradient = value_and_gradient(CWMILoss(**arguments), logits, target)
    assert value.isfinite().all()
    assert gradient.isfinite().all()
    assert gradient.dtype == logits.dtype


def test_diverged_logits_give_nan_not_an_error() -> None:
    logits, target = noisy()
    logits[0, 0, 3, 3] = math.nan
    value, gradient = value_and_gradient(CWMILoss(num_scales=2), logits, target)
    assert value.isnan()
    assert gradient.isnan().any()
    assert cwmi_loss(logits, target, 2, cross_entropy_weight=0).isnan()


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("num_classes", [2, 3])
def test_gradcheck(measure: str, num_classes: int) -> None:
    logits, target = noisy((9, 8), num_classes)
    loss = CWMILoss(num_scales=2, num_orientations=2, measure=measure)
    assert torch.autograd.gradcheck(lambda x: loss(x, target), logits.requires_grad_(), fast_mode=True)


def test_ssim_is_that_of_scikit_image() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    from cwmi_seg.losses._subband_measures import _structural_similarity

    x, y = torch.rand(2, 32, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    arguments = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    _, expected = metrics.structural_similarity(x.numpy(), y.numpy(), full=True, **arguments)
    ours = _structural_similarity(x, y)
    assert torch.allclose(ours[5:-5, 5:-5], torch.tensor(expected)[5:-5, 5:-5], rtol=1e-9)  # the borders differ


@pytest.mark.parametrize("measure", ["l1", "l2", "ssim"])
def test_distances_are_zero_at_the_target(measure: str) -> None:
    _, target = noisy()
    loss = CWMILoss(num_scales=2, measure=measure, cross_entropy_weight=0)
    value, gradient = value_and_gradient(loss, 1e4 * nn.functional.one_hot(target, 2).movedim(-1, 1), target)
    assert value.item() == pytest.approx(0, abs=1e-6)
    assert gradient.isfinite().all()
    assert loss(*noisy()) > 0.01


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # the compiler's own, hidden from users
def test_compiles() -> None:
    logits, target = noisy()
    loss = CWMILoss(num_scales=2)
    expected = value_and_gradient(loss, logits, target)
    found = value_and_gradient(torch.compile(loss, backend="eager"), logits, target)
    for a, b in zip(found, expected, strict=True):
        assert torch.allclose(a, b)
    assert set(loss.parts) == {"cross_entropy", "mi_1", "mi_2"}


def test_trains_under_distributed_data_parallel(tmp_path: Path) -> None:
    logits, target = noisy()
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    try:
        model = nn.parallel.DistributedDataParallel(nn.Conv2d(2, 2, 1))
        CWMILoss(num_scales=2)(model(logits.float()), target).backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_the_losses_import_torch_only() -> None:
    heavy = (
        "pytorch_lightning lightning hydra omegaconf torchmetrics scipy skimage cc3d gudhi sklearn topolosses "
        "matplotlib pandas torchvision wandb"
    )
    imports = "import sys; from cwmi_seg.losses import CWMILoss, cldice_loss, topograph_loss"
    code = f"{imports}; print(*[m for m in '{heavy}'.split() if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_scales": 4}, r"logits: expected height and width of at least 32 for num_scales=4, got \(24, 40\); use"),
        ({"num_scales": 2, "scales": [3]}, r"scales: expected numbers from 1 .* got \[3\]"),
        ({"num_scales": 2, "scales": []}, r"scales: expected .* got \[\]"),
    ],
)
def test_what_it_refuses(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CWMILoss(**arguments)(*noisy((24, 40)))  # type: ignore[arg-type]
