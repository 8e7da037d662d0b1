"""What only a GPU can show: skipped without one. ``scripts/check_cuda.py`` checks more, and takes minutes."""

import pytest
import torch

from scripts import cuda_cases as check
from tests.conftest import TINY, Command
from tests.support.loss_configs import LOSS_NAMES, ON_THE_CPU

pytestmark = pytest.mark.cuda
FREE = [name for name in LOSS_NAMES if name not in ON_THE_CPU]


def case(name: str) -> check.Case:
    return check.Case(name, torch.device("cuda"), images=2, size=64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_values_and_gradients_are_those_of_the_cpu(name: str, dtype: torch.dtype) -> None:
    check.same_as_cpu(case(name), dtype)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_a_loss_works_under_autocast(name: str, dtype: torch.dtype) -> None:
    check.under_autocast(case(name), dtype)


@pytest.mark.parametrize("name", FREE)
def test_cuda_refuses_no_step_for_waiting(name: str) -> None:
    check.without_waiting(case(name))


@pytest.mark.parametrize("name", FREE)
def test_a_step_is_captured_as_a_graph(name: str) -> None:
    check.captured(case(name))


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_memory_is_steady(name: str) -> None:
    check.steady_memory(case(name), steps=20)


@pytest.mark.parametrize("loss", ["cwmi", "cldice", "hausdorff"])
def test_a_training_on_the_gpu_ends_well(command: Command, loss: str) -> None:
    assert command("train", *TINY, "trainer=gpu", f"loss={loss}") == 0
