"""The cells of the grid that have no result, and why."""

import pandas as pd

from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.records import Records

ABSENT = "not in the study"


def missing(records: Records) -> pd.DataFrame:
    """List the runs that are not done, and every fold and seed that a row lacks while another row of its block has it.

    Returns:
        Columns dataset, model, settings, label, fold, seed, state ("waiting", "running", "interrupted", "failed",
        "unreadable" or ``ABSENT``), reason (of a failure).
    """
    keys, runs = [*BLOCK, "label", "fold", "seed"], records.runs
    labels, pairs = runs[[*BLOCK, "label"]].drop_duplicates(), runs[[*BLOCK, "fold", "seed"]].drop_duplicates()
    known = runs[[*keys, "state", "reason"]].sort_values("state", key=lambda state: state != "done", kind="stable")
    grid = labels.merge(pairs, on=BLOCK).merge(known.drop_duplicates(keys), on=keys, how="left")
    grid = grid.fillna({"state": ABSENT, "reason": ""})
    return grid[grid["state"] != "done"].sort_values(keys, ignore_index=True)
