"""What a user imports: short addresses that resolve, stay cheap, and are in the way of no ``_target_``."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest
from torch import nn

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.metrics.per_image import PerImageMetric

PACKAGES = ["cwmi_seg", *(f"cwmi_seg.{name}" for name in ("losses", "metrics", "models", "wavelets", "weight_maps"))]

COMMANDS = sorted(path.stem for path in (conf_dir() / "hydra" / "help").glob("*.yaml"))
EVERY_COMMAND = "import " + ", ".join(f"cwmi_seg.commands.{name}" for name in COMMANDS)


def modules_of(package: ModuleType) -> list[ModuleType]:
    names = [module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_completed(name: str) -> None:
    package = importlib.import_module(name)
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_resolves(name: str) -> None:
    package = importlib.import_module(name)
    assert len(package.__all__) == len(set(package.__all__))
    assert [public for public in package.__all__ if getattr(package, public, None) is None] == []


def test_every_loss_is_public_as_function_and_as_module() -> None:
    from cwmi_seg import losses

    for module in modules_of(losses):
        own = {
            name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
        }
        functions = {name for name, value in own.items() if inspect.isfunction(value) and name.endswith("_loss")}
        classes = {name for name, value in own.items() if inspect.isclass(value) and issubclass(value, nn.Module)}
        lacking = sorted((functions | classes) - set(losses.__all__))
        assert lacking == [], f"import {', '.join(lacking)} in losses/__init__.py, and add to __all__"
        assert classes


def test_every_metric_is_public() -> None:
    from cwmi_seg import metrics

    for module in modules_of(metrics):
        for name, value in vars(module).items():
            if inspect.isclass(value) and issubclass(value, PerImageMetric) and value.__module__ == module.__name__:
                assert name in metrics.__all__, f"add {name} to TYPE_CHECKING, __all__ and _HOME in metrics/__init__.py"
                assert getattr(metrics, name) is value


@pytest.mark.parametrize("name", ["losses", "metrics", "models", "wavelets"])
def test_no_public_name_hides_a_module(name: str) -> None:
    """A ``_target_`` such as cwmi_seg.metrics.cldice.CenterlineDice is found by walking through attributes."""
    package = importlib.import_module(f"cwmi_seg.{name}")
    assert {module.name for module in pkgutil.iter_modules(package.__path__)} & set(package.__all__) == set()


def test_an_unknown_name_is_an_attribute_error() -> None:
    from cwmi_seg import metrics

    with pytest.raises(AttributeError, match=r"'cwmi_seg\.metrics' has no attribute 'dice'"):
        metrics.dice  # noqa: B018


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import cwmi_seg", "torch numpy hydra"),
        (EVERY_COMMAND, "torch pandas pytorch_lightning skimage matplotlib tifffile"),
        ("from cwmi_seg import compose; compose()", "torch numpy pandas pytorch_lightning"),
        ("from cwmi_seg import Run, Study", "torch pandas pytorch_lightning"),
        ("import cwmi_seg.metrics", "torch torchmetrics numpy scipy"),
        ("from cwmi_seg.metrics import cldice_score", "skimage cc3d gudhi pytorch_lightning"),
        ("from cwmi_seg.models import UNet", "segmentation_models_pytorch pytorch_lightning torchvision"),
        ("from cwmi_seg.wavelets import decompose", "scipy hydra"),
        ("from cwmi_seg.weight_maps import map_generator", "torch cc3d skimage scipy"),
    ],
)
def test_imports_stay_cheap(code: str, heavy: str) -> None:
    listing = f"import sys; {code}; print(*[name for name in {heavy.split()} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True).stdout
    assert shown.split() == []


def test_former_names_stay() -> None:
    from cwmi_seg.metrics.cldice import cldice, cldice_score
    from cwmi_seg.metrics.overlap import overlap, overlap_scores
    from cwmi_seg.metrics.surface_dice import surface_dice, surface_dice_score
    from cwmi_seg.pyramid import decompose

    assert (cldice, overlap, surface_dice) == (cldice_score, overlap_scores, surface_dice_score)
    assert decompose is importlib.import_module("cwmi_seg.wavelets").decompose
