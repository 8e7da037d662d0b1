"""What W&B is given: a sweep whose expansion Hydra understands, a workspace that builds without a server."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir

from cwmi_seg.config.conf_dir import conf_dir
from cwmi_seg.config.schemas import register_schemas
from cwmi_seg.reporting.wandb_workspace import TABLES, build, specification

SCRIPTS = Path(__file__).parents[2] / "scripts"


def expanded(sweep: dict[str, Any], **chosen: Any) -> list[str]:
    """The arguments of one cell, by W&B's own expansion."""
    utils = pytest.importorskip("wandb.sdk.launch.sweeps.utils")
    values = {name: rule.get("value", rule.get("values", [None])[0]) for name, rule in sweep["parameters"].items()}
    arguments = {"args": {name: {"value": value} for name, value in {**values, **chosen}.items()}}
    macro = sweep["command"][-1].removeprefix("${").removesuffix("}")
    return utils.create_sweep_command_args(arguments)[macro]


def test_every_cell_of_the_sweep_is_a_command_that_composes() -> None:
    sweep = yaml.safe_load((SCRIPTS / "wandb_sweep.yaml").read_text())
    assert sweep["method"] == "grid"
    register_schemas()
    grid = {name: rule["values"] for name, rule in sweep["parameters"].items() if "values" in rule}
    cells = list(itertools.product(*grid.values()))
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        for cell in (cells[0], cells[-1]):
            chosen = dict(zip(grid, cell, strict=True))
            config = compose("train", expanded(sweep, **chosen))
            assert (config.fold, config.seed) == (chosen["fold"], chosen["seed"])
            assert config.logger.offline is False
    for group in ("dataset", "model", "loss"):
        assert {f"{name}.yaml" for name in grid[group]} <= {path.name for path in (conf_dir() / group).iterdir()}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_workspace_builds_offline_with_a_panel_for_each_metric() -> None:
    pytest.importorskip("wandb_workspaces")
    text = specification(build("team", "cwmi-seg", "mini_table", ["miou", "vi"]))
    assert json.loads(text)
    for part in ("test/miou", "test/vi", "val/miou", "mini_table by loss", "loss.value", *TABLES):
        assert part in text
