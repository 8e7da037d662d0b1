"""Builds a W&B workspace for a study: runs grouped by loss, one panel a metric; prints it, or saves it with ``--save``.

    python scripts/wandb_workspace.py --entity TEAM --study NAME [--project cwmi-seg] [--metrics miou,cldice] [--save]

Needs ``pip install wandb-workspaces``. Without ``--save`` nothing leaves the machine.
"""

import argparse

from cwmi_seg.reporting.wandb_workspace import METRICS, build, specification


def main() -> None:
    parser = argparse.ArgumentParser(description="W&B workspace of a study")
    parser.add_argument("--entity", required=True, help="team or user on the W&B server")
    parser.add_argument("--study", required=True, help="name of the study")
    parser.add_argument("--project", default="cwmi-seg")
    parser.add_argument("--metrics", default=",".join(METRICS), help="test metrics, separated by commas")
    parser.add_argument("--save", action="store_true", help="save it on the server")
    options = parser.parse_args()
    workspace = build(options.entity, options.project, options.study, options.metrics.split(","))
    if options.save:
        workspace.save()
        print(workspace.url)
    else:
        print(specification(workspace), end="")


if __name__ == "__main__":
    main()
