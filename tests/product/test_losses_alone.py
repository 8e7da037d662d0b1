"""The losses beside torch and NumPy alone: what docs/install.md promises of ``pip install --no-deps``."""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from packaging.requirements import Requirement

from tests.support.markdown import ROOT

CODE = """
import sys
for name in sys.argv[1].split():
    sys.modules[name] = None  # an import of it fails, as where it is not installed
import torch
torch.manual_seed(0)
from cwmi_seg import losses
from cwmi_seg.models import AttentionUNet, UNet
from cwmi_seg.wavelets import decompose
target = torch.zeros(2, 40, 40, dtype=torch.long)
target[:, 10:13] = 1
target[:, 20:30, 20:24] = 1
logits = UNet(1, 2, width=2)(torch.randn(2, 1, 40, 40))
for name in losses.__all__:
    kind = getattr(losses, name)
    if not isinstance(kind, type):
        continue
    dice = losses.DiceLoss()
    try:
        loss = kind(*{"SCNPLoss": [dice], "WeightedSumLoss": [{"dice": dice}, {"dice": 1}]}.get(name, []))
        maps = {}
        if getattr(loss, "weight_map", None):
            maps["weight_map"] = torch.ones(2, loss.weight_map_channels or 1, 40, 40)
        loss(logits, target, **maps).backward(retain_graph=True)
        print(name, "runs")
    except Exception as error:
        print(name, error)
"""
MODULE_OF = {"connected-components-3d": "cc3d", "scikit-image": "skimage"}


def closure(names: list[str]) -> set[str]:
    """The distributions that these require, and they themselves; names in lower case, with dashes."""
    found: set[str] = set()
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name not in found:
            found.add(name)
            try:
                wanted = [Requirement(text) for text in requires(name) or ()]
            except PackageNotFoundError:
                continue
            names += [each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


def blocked(*beside: str) -> list[str]:
    """Top-level modules of what is installed, but of torch, NumPy and what these require."""
    kept = closure(["torch", "numpy", *beside])
    names = {
        module
        for module, distributions in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", name).lower() for name in distributions} & kept
    }
    return sorted(names - {"cwmi_seg"})


def promised() -> dict[str, list[str]]:
    """Of each loss in the table the packages that it needs."""
    page = (ROOT / "docs" / "install.md").read_text()
    rows = re.findall(r"^\| (`\w+Loss`.*?) \| (`[\w-]+`.*) \|$", page, re.M)
    return {
        loss: re.findall(r"`([\w-]+)`", needed) for losses, needed in rows for loss in re.findall(r"`(\w+)`", losses)
    }


def tried(modules: list[str]) -> dict[str, str]:
    """What each loss says where none of these modules is there: that it runs, or its error."""
    done = subprocess.run([sys.executable, "-c", CODE, " ".join(modules)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


@pytest.mark.slow
def test_all_losses_but_those_of_the_table_run() -> None:
    modules = blocked()
    assert {"scipy", "hydra", "pytorch_lightning", "pandas", "skimage"} <= set(modules)
    said = tried(modules)
    assert len(said) > 25
    assert {name for name, words in said.items() if words != "runs"} == set(promised())
    for name, packages in promised().items():
        assert any(MODULE_OF.get(package, package) in said[name] for package in packages)


@pytest.mark.slow
def test_the_losses_of_the_table_need_nothing_else() -> None:
    said = tried(blocked(*{package for packages in promised().values() for package in packages}))
    assert {name: said[name] for name in promised()} == dict.fromkeys(promised(), "runs")
