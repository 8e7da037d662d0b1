"""Every row of docs/other_libraries.md is computed: the page is the list of the tests."""

import importlib
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from skimage.measure import label
from torch import Tensor, nn
from torch.nn import functional as F

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.losses import RMILoss
from cwmi_seg.metrics.per_image import PerImageMetric
from tests.support.loss_configs import loss_config
from tests.support.markdown import ROOT
from tests.support.masks import random_pairs

pytestmark = pytest.mark.filterwarnings("ignore")  # of the other libraries
PAGE = (ROOT / "docs" / "other_libraries.md").read_text()
MODULES = {
    "monai": ("monai.losses", "monai.metrics"),
    "kornia": ("kornia.losses", "kornia.metrics"),
    "smp": ("segmentation_models_pytorch",),
    "nnunet": ("nnunetv2.training.loss.dice",),
    "torchmetrics": ("torchmetrics.segmentation",),
    "skimage": ("skimage.metrics",),
    "sklearn": ("sklearn.metrics",),
    "math": ("math",),
}
METRICS = ("default", "adapted_rand", "surface_dice", "per_class")
Inputs = dict[str, Any]


class Row(NamedTuple):
    """One line of a table."""

    section: str
    ours: str
    relation: str
    theirs: str


def rows() -> list[Row]:
    """Of all tables: what is computed stands in backticks, and between it ``=``, ``≤`` or ``≠``."""
    found, section = [], ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        if match := re.fullmatch(r"\| `(.+?)` \| (.) \| `(.+?)` \| .*\|", line):
            found.append(Row(section, *match.groups()))
    return found


# what the names of each section are


def of_losses(logits: Tensor, target: Tensor) -> Inputs:
    return {"z": logits, "y": target, "d": logits[:, 1] - logits[:, 0]}


def of_metrics(prediction: Tensor, target: Tensor) -> Inputs:
    """Of class indices B H W; ``p`` and ``t`` are those of the first image."""
    return {"P": prediction, "T": target, "p": prediction[0].numpy(), "t": target[0].numpy()}


def logits(seed: int, images: int = 2, classes: int = 4) -> Tensor:
    return 2 * torch.randn(images, classes, 33, 36, generator=_generator(seed), dtype=torch.float64)


def classes(seed: int, images: int = 2, number: int = 4) -> Tensor:
    """The first ones are the more frequent."""
    drawn = torch.randint(0, number, (2, images, 33, 36), generator=_generator(seed + 100))
    return drawn.amin(0)


def equally_frequent(seed: int) -> Tensor:
    order = torch.randperm(33 * 36, generator=_generator(seed))
    return (order % 4).view(1, 33, 36).expand(2, 33, 36)


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@cache
def pairs() -> list[tuple[Tensor, Tensor]]:
    """Masks of both classes, which every library has values for."""
    mixed = [pair for pair in random_pairs(60, largest=40) if all(mask.any() and not mask.all() for mask in pair)]
    large = [pair for pair in mixed if min(pair[0].shape) > 8]
    return [tuple(torch.from_numpy(mask.astype(np.int64))[None] for mask in pair) for pair in large]  # type: ignore[misc]


def absent_classes(seed: int) -> Inputs:
    generator = _generator(seed)
    prediction = torch.randint(0, 3, (2, 20, 20), generator=generator)
    target = torch.randint(0, 3, (2, 20, 20), generator=generator)
    target[1].clamp_(max=1)
    return of_metrics(prediction, target)


def one_empty(seed: int) -> Inputs:
    prediction, target = pairs()[seed]
    return of_metrics(0 * prediction, target)


SECTIONS: dict[str, Callable[[int], Inputs]] = {
    "Losses": lambda seed: of_losses(logits(seed), classes(seed)),
    "Losses where classes are equally frequent": lambda seed: of_losses(logits(seed), equally_frequent(seed)),
    "Losses where the target lacks a class": lambda seed: of_losses(logits(seed), classes(seed, number=3)),
    "Losses of two classes": lambda seed: of_losses(logits(seed, 1, 2), classes(seed, 1, 2)),
    "Metrics of two masks": lambda seed: of_metrics(*pairs()[seed]),
    "Metrics where an image lacks a class": absent_classes,
    "Metrics where one of two masks is empty": one_empty,
}


# both sides of a row


def our_value(words: str, inputs: Inputs) -> float:
    """A loss by its command line, a metric by its key: the mean over the images that have a value."""
    if words.startswith("loss="):
        return float(loss(words)(inputs["z"], inputs["y"]))
    metric = metrics(4 if inputs["P"].shape[0] > 1 else 2)[words]
    images = zip(inputs["P"].numpy(), inputs["T"].numpy(), strict=True)
    return float(np.nanmean([metric.score(*image)[metric.names.index(words)] for image in images]))


@cache
def loss(words: str) -> nn.Module:
    """As a command line makes it: ``+`` before keys that the file lacks, and before no other."""
    name, *changes = words.split()
    config = loss_config(name.removeprefix("loss="))
    for change in changes:
        assignment = change.removeprefix("+").removeprefix("loss.")
        assert change.startswith("+") == (OmegaConf.select(config, assignment.partition("=")[0]) is None)
        changed = OmegaConf.merge(OmegaConf.to_container(config), OmegaConf.from_dotlist([assignment]))
        assert isinstance(changed, DictConfig)
        config = changed
    made: nn.Module = instantiate(config)
    return made


@cache
def metrics(num_classes: int) -> dict[str, PerImageMetric]:
    """By the keys of their values."""
    configs = [OmegaConf.load(conf_dir() / "metrics" / f"{group}.yaml").test for group in METRICS]
    made = [instantiate(c, num_classes=num_classes) for config in configs for c in config.values()]
    return {name: metric for metric in made for name in metric.names}


def their_value(expression: str, inputs: Inputs) -> float:
    """What the cell says, as Python; skips without its library."""
    helpers = {"softmax": lambda z: z.softmax(1), "cross_entropy": F.cross_entropy, "onehot": _onehot(inputs)}
    objects = {"objects": lambda mask: label(mask == 0, connectivity=1)}
    return float(eval(expression, {**libraries(expression), **helpers, **objects, **inputs}))


def libraries(expression: str) -> Inputs:
    """The libraries that are named, by the names that the page gives them."""
    found: Inputs = {}
    for name in MODULES:
        if re.search(rf"\b{name}\.", expression):
            modules = [pytest.importorskip(module, exc_type=ImportError) for module in MODULES[name]]
            top = importlib.import_module(MODULES[name][0].partition(".")[0])
            if version := re.search(rf"`{name}` (\d\S*\d)", PAGE):  # older ones may have other conventions
                pytest.importorskip(top.__name__, minversion=version[1])
            found[name] = modules[0] if name in ("smp", "nnunet") else top
    return found


def _onehot(inputs: Inputs) -> Callable[[Tensor], Tensor]:
    number = 4 if "P" in inputs and inputs["P"].shape[0] > 1 else 2
    return lambda mask: F.one_hot(mask, number).movedim(-1, 1)


def values(row: Row) -> Iterator[tuple[float, float]]:
    for seed in range(3):
        inputs = SECTIONS[row.section](seed)
        yield our_value(row.ours, inputs), their_value(row.theirs, inputs)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.ours} {row.relation} {row.theirs}")
def test_row(row: Row) -> None:
    both = list(values(row))
    if row.relation == "=":
        for ours, theirs in both:
            assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-7)
    elif row.relation == "≤":
        assert all(ours <= theirs * (1 + 1e-6) for ours, theirs in both)
    else:
        assert any(not math.isfinite(theirs) or abs(ours - theirs) > 1e-3 for ours, theirs in both)


def test_every_line_of_a_table_is_a_row() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("| here |", "|---|"))]
    found = rows()
    assert len(lines) == len(found) > 60
    assert {row.relation for row in found} == {"=", "≤", "≠"}
    assert {row.section for row in found} == set(SECTIONS)
    assert len(re.findall(r"`\w+` \d\S*\d", PAGE)) == len(MODULES) - 1  # a version of each but math


def test_rmi_takes_the_softmax() -> None:
    z, y = logits(0, 1, 2), classes(0, 1, 2)
    d = z[:, 1] - z[:, 0]
    for same in (z + torch.randn(1, 1, 33, 36, generator=_generator(1)), torch.stack([-d, d], 1) / 2):
        torch.testing.assert_close(RMILoss()(same, y), RMILoss()(z, y))
    torch.testing.assert_close(torch.stack([-d, d], 1).sigmoid(), z.softmax(1))
