from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
import yaml
from hydra.utils import get_object

from cwmi_seg.config.allowed_targets import check_target_names, check_targets
from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.prediction.networks import load_network
from tests.conftest import Command
from tests.support.networks import Run

OUTSIDE = [
    "os.system",
    "torch.load",
    "torch.hub.load",
    "pytorch_lightning.core.saving.load_hparams_from_yaml",
    "cwmi_segment.x",
    "cwmi_seg.files.json_files.write_json",
    "cwmi_seg.files.json_files.json.loads",
    "cwmi_seg.load_model",
    "cwmi_seg.losses._inputs.read_logits",
    "cwmi_seg.losses.cwmi.__loader__",
    "torch.nn.",
    "cwmi_seg.losses.${oc.env:HOME}",
    3,
    None,
]
HANDED_ON = [
    "cwmi_seg.losses.cwmi.torch.load",
    "cwmi_seg.models.unet.torch.hub.load",
    "cwmi_seg.datasets.workspace.shutil.rmtree",
    "cwmi_seg.datasets.workspace.shutil",
    "cwmi_seg.study.run_folder.write_json",
    "cwmi_seg.metrics.scoring.pickle.loads",
    "cwmi_seg.callbacks.overlays.Path",
    "torch.nn.functional.importlib.import_module",
    "torch.nn.modules.module.torch.load",
    "torch.nn.Module.__init__.__globals__",
    "torch.nn.Embedding.from_pretrained",
    "torch.optim.adam.cast",
]
FINE = [
    "torch.nn.MSELoss",
    "torch.optim.Adam",
    "torch.optim.lr_scheduler.StepLR",
    "torchmetrics.MeanSquaredError",
    "torchvision.transforms.v2.Identity",
    "segmentation_models_pytorch.Unet",
    "pytorch_lightning.Trainer",
    "pytorch_lightning.callbacks.ModelCheckpoint",
    "pytorch_lightning.loggers.CSVLogger",
    "pytorch_lightning.plugins.environments.LightningEnvironment",
]


def named(node: Any) -> list[str]:
    """Every ``_target_`` below ``node``."""
    if isinstance(node, list):
        return [target for item in node for target in named(item)]
    if not isinstance(node, dict):
        return []
    return [t for key, value in node.items() for t in ([value] if key == "_target_" else named(value))]


def test_own_modules_are_allowed_when_named(in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (in_empty_folder / "mine_alone").mkdir()
    (in_empty_folder / "mine_alone" / "losses.py").write_text(
        "import os\nfrom torch.nn import MSELoss\nfrom pathlib import Path\nclass A: pass\ndef a(): pass\n"
    )
    monkeypatch.syspath_prepend(in_empty_folder)
    config = {"loss": {"_target_": "mine_alone.losses.A", "parts": [{"_target_": "torch.nn.MSELoss"}]}}
    with pytest.raises(
        ValueError, match=r"loss\._target_: mine_alone\.losses\.A is not allowed; add allowed_targets=\[mine_alone\]"
    ):
        check_targets(config)
    for name in ("A", "a", "MSELoss"):
        check_targets({"_target_": f"mine_alone.losses.{name}", "_partial_": True}, ["mine_alone"])
    for name in ("os.system", "os", "Path", "nothing"):
        with pytest.raises(ValueError, match=r"^_target_: "):
            check_targets({"_target_": f"mine_alone.losses.{name}"}, ["mine_alone"])


@pytest.mark.parametrize("check", [check_targets, check_target_names])
@pytest.mark.parametrize("target", OUTSIDE)
def test_what_could_run_foreign_code_is_refused(target: object, check: Any) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        check({"a": [{"b": {"_target_": target}}]})


@pytest.mark.parametrize("target", HANDED_ON)
def test_what_is_to_be_refused_can_be_reached(target: str) -> None:
    assert resolve_name(target) is not None


@pytest.mark.parametrize("target", [*HANDED_ON, "torch.nn.Nothing"])
def test_what_allowed_modules_import_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"a\[0\]\.b\._target_: .*(not allowed|expected MODULE\.NAME)"):
        check_targets({"a": [{"b": {"_target_": target, "_partial_": True}}]})


@pytest.mark.parametrize("target", FINE)
def test_what_packages_hand_on_of_their_own_is_allowed(target: str) -> None:
    check_targets({"a": {"_target_": target}})


def test_every_target_of_the_configs_is_allowed() -> None:
    files = [path for path in conf_dir().rglob("*.yaml") if path.parent.name not in ("sweeper", "help")]
    targets = sorted({target for path in files for target in named(yaml.safe_load(path.read_text()))})
    assert len(targets) > 40
    for target in targets:
        if target != "hydra_plugins.cwmi_sweeper.ResumingSweeper":
            check_targets({"_target_": target})
            assert callable(get_object(target))


def test_a_value_that_would_be_resolved_again_is_refused() -> None:
    """Resolving turns ``\\${...}`` into ``${...}``; building would resolve that, to a target that nobody has seen."""
    hidden = '${oc.create:"{_target_: os.system}"}'
    with pytest.raises(ValueError, match=r"model\.x\[0\]: expected a resolved value, got \$\{oc\.create"):
        check_target_names({"model": {"_target_": "torch.nn.Identity", "x": [hidden]}})


@pytest.mark.parametrize(
    "hidden", ["{_target_: cwmi_seg.losses.cwmi.torch.save, f: %s, obj: 1}", "'\\${oc.create:...}'"]
)
def test_a_foreign_run_folder_calls_nothing(run: Run, command: Command, hidden: str) -> None:
    folder, trace = run(), Path("trace").absolute()
    text = f"model: {{_target_: cwmi_seg.models.unet.UNet, width: {hidden.replace('%s', str(trace))}}}\n"
    (folder / "config.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"model\.width"):
        load_network(folder)
    assert not trace.exists()
