"""The specification of a W&B workspace for a study: runs grouped by loss, a panel for each metric, and the report."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wandb_workspaces.reports.v2 as wr
    import wandb_workspaces.workspaces as ws

METRICS = ("miou", "mdice", "vi", "ari", "hd", "betti_0_error", "betti_1_error", "cldice")
TABLES = ("scores", "tests", "pairs", "images")
"""Tables of the report's run, by the names of the csv files of a report."""
_CURVES = ("train/loss", "val/miou", "train/gradient_norm", "train/loss_ms")


def build(entity: str, project: str, study: str, metrics: Sequence[str] = METRICS) -> "ws.Workspace":
    """Build the workspace: bars of the test scores, training curves over the epochs, tables of the report.

    Bars and curves are means over the runs of a loss, with their spread.

    Args:
        entity: Team or user on the W&B server.
        project: Project of the runs.
        study: Name of the study.
        metrics: Test metrics to show.

    Raises:
        ModuleNotFoundError: The package ``wandb-workspaces`` is not installed.
    """
    import wandb_workspaces.reports.v2 as wr
    import wandb_workspaces.workspaces as ws

    tables: list[Any] = [wr.WeavePanelSummaryTable(table_name=name) for name in TABLES]
    return ws.Workspace(
        entity=entity,
        project=project,
        name=f"{study} by loss",
        sections=[
            ws.Section(name="Test", panels=[_bars(metric) for metric in metrics], is_open=True),
            ws.Section(name="Training", panels=[_curve(key) for key in _CURVES], is_open=True),
            ws.Section(name="Report", panels=tables, is_open=False),
        ],
        settings=ws.WorkspaceSettings(x_axis="epoch"),
        runset_settings=ws.RunsetSettings(
            filters=[ws.Config("study") == study],
            groupby=[ws.Config("dataset"), ws.Config("model"), ws.Config("loss")],
        ),
    )


def specification(workspace: "ws.Workspace") -> str:
    """The workspace as JSON text, in the form that the server takes."""
    return json.dumps(workspace._to_model().model_dump(mode="json", by_alias=True), indent=1) + "\n"


def _bars(metric: str) -> "wr.BarPlot":
    import wandb_workspaces.reports.v2 as wr

    summary = wr.SummaryMetric(f"test/{metric}")
    return wr.BarPlot(
        title=metric, metrics=[summary], groupby="loss", groupby_aggfunc="mean", groupby_rangefunc="stddev"
    )


def _curve(key: str) -> "wr.LinePlot":
    import wandb_workspaces.reports.v2 as wr

    return wr.LinePlot(
        title=key, x="epoch", y=[key], groupby="loss", groupby_aggfunc="mean", groupby_rangefunc="stddev"
    )
