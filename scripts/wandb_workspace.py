"""Builds a W&B workspace for a study: runs grouped by loss, one panel a metric; prints it, or saves it with ``--save``.

    python scripts/wandb_workspace.py --entity TEAM --study NAME [--project cwmi-seg] [--metrics miou,cldice] [--save]

Needs ``pip install wandb-workspaces``. Without ``--save`` nothing leaves the machine.
"""

import argparse
import json
from typing import Any

import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws

METRICS = "miou,mdice,vi,ari,hd,betti_0_error,betti_1_error,cldice"


def build(entity: str, project: str, study: str, metrics: list[str]) -> ws.Workspace:
    """Training curves over the epochs, then bars of the test scores, both as means and spread over each loss."""
    curves: list[Any] = [_curve(key) for key in ("train/loss", "val/miou", "train/gradient_norm", "train/loss_ms")]
    bars: list[Any] = [
        wr.BarPlot(title=metric, metrics=[wr.SummaryMetric(f"test/{metric}")], groupby="loss", groupby_aggfunc="mean",
                   groupby_rangefunc="stddev")
        for metric in metrics
    ]  # fmt: skip
    return ws.Workspace(
        entity=entity,
        project=project,
        name=f"{study} by loss",
        sections=[
            ws.Section(name="Test", panels=bars, is_open=True),
            ws.Section(name="Training", panels=curves, is_open=True),
        ],
        settings=ws.WorkspaceSettings(x_axis="epoch"),
        runset_settings=ws.RunsetSettings(
            filters=[ws.Config("study") == study],
            groupby=[ws.Config("dataset"), ws.Config("model"), ws.Config("loss")],
        ),
    )


def _curve(key: str) -> wr.LinePlot:
    return wr.LinePlot(
        title=key, x="epoch", y=[key], groupby="loss", groupby_aggfunc="mean", groupby_rangefunc="stddev"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="W&B workspace of a study")
    parser.add_argument("--entity", required=True, help="team or user on the W&B server")
    parser.add_argument("--study", required=True, help="name of the study")
    parser.add_argument("--project", default="cwmi-seg")
    parser.add_argument("--metrics", default=METRICS, help="test metrics, separated by commas")
    parser.add_argument("--save", action="store_true", help="save it on the server")
    options = parser.parse_args()
    workspace = build(options.entity, options.project, options.study, options.metrics.split(","))
    if options.save:
        workspace.save()
        print(workspace.url)
    else:
        print(json.dumps(workspace._to_model().model_dump(mode="json", by_alias=True), indent=1))


if __name__ == "__main__":
    main()
