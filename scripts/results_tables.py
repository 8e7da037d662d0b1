"""Write the tables of README.md and results/README.md from the csv files in results/.

    python -m scripts.results_tables

What stands between the two marks of each file is replaced; the rest is prose and stays.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cwmi_seg.metrics.directions import LOWER_IS_BETTER
from cwmi_seg.reporting.analysis import Analysis, Options, analyse
from cwmi_seg.reporting.markdown import escape, grid, markdown_table
from cwmi_seg.reporting.numbers import decimals, with_spread
from cwmi_seg.reporting.protocol import UNSET
from cwmi_seg.reporting.records import load_records
from cwmi_seg.reporting.signed_rank import MIN_PAIRS
from cwmi_seg.reporting.significance import FOLD
from cwmi_seg.reporting.tables import Table, build_table
from cwmi_seg.reporting.words import reading
from scripts.paper_agreement import agreement, cost

CHECKOUT = Path(__file__).parents[1]
RESULTS = CHECKOUT / "results"
START, END = "<!-- tables by scripts/results_tables.py -->\n", "<!-- end of the tables -->\n"
METRICS = ("miou", "mdice", "vi", "ari", "hd", "betti_0_error", "betti_1_error")
OPTIONS = Options("cwmi", METRICS, LOWER_IS_BETTER)
DATASETS = {"vessels": "CHASE_DB1", "membranes": "SNEMI3D format", "mortar": "TopoMortar"}
"""Folders of the comparison, and what they were trained on."""


def comparison() -> str:
    """How CWMI stands on each dataset, then the tables."""
    analyses = {title: _analysis(name) for name, title in DATASETS.items()}
    tables = {title: _table(analysis) for title, analysis in analyses.items()}
    standing = grid(["", *METRICS], [[title, *_standing(tables[title], analyses[title])] for title in tables])
    ahead = "\n".join(f"- {title}: {_ahead(analysis)}." for title, analysis in analyses.items())
    parts = [f"**{title}**\n\n{markdown_table(table, times=False)}" for title, table in tables.items()]
    return "\n\n".join([STANDING, standing, AHEAD, ahead, *parts, *reading(*analyses.values())])


STANDING = (
    "Place of CWMI among the losses, and of the others how many are significantly worse than CWMI, not different, "
    "better:"
)
AHEAD = "Significantly better than CWMI are:"


def _analysis(study: str) -> Analysis:
    """Statistics of the metrics to show alone: tests of the others would take as long again."""
    records = load_records(RESULTS / study)
    return analyse(replace(records, images=records.images[["run", "name", "group", *METRICS]]), OPTIONS)


def _table(analysis: Analysis) -> Table:
    (block,) = analysis.blocks
    return build_table(analysis.of_block(block), "")


def _standing(table: Table, analysis: Analysis) -> list[str]:
    own = next(row for row in table.rows if row.is_baseline)
    tests = analysis.tests[analysis.tests["unit"] != FOLD]
    cells = []
    for (metric, _), cell in zip(table.metrics, own.cells, strict=True):
        verdicts = tests.loc[tests["metric"] == metric, "verdict"]
        counts = [str((verdicts == verdict).sum()) for verdict in ("worse", "", "better")]
        cells.append(f"{cell.rank} of {len(table.rows)} ({', '.join(counts) if table.tested else 'not tested'})")
    return cells


SENSITIVITY = (
    "One fold, so that small differences mean little. Clipping changes the CWMI losses alone: only their gradients are "
    "longer than 5. clDice depends on the rate most, and fails with some."
)
ABLATION = (
    "One fold, whose five persons are too few for a test. The defaults are N = 4, K = 4, lambda = 0.9, complex, one "
    "epoch of warm-up. Other settings of CWMI, and its real form, do as well or better here; without the warm-up the "
    "training fails."
)
MODERN = (
    "One fold and one seed, whose five persons are too few for a test. A term that is made to go with another stands "
    "in the sum that its authors train, or in one with Dice, with the weights of `conf/loss`; `hu_topo`, `supervoxel` "
    "and `spw` stand alone. Three sums with Dice and `hu_topo` find next to no vessels, or all of them, and SCNP "
    "around CWMI finds thousands of false pieces: their weights are those of the configs, not tuned for these images."
)
COVARIANCE = (
    "Mean over three folds: proper complex subbands as published; their real and imaginary parts, which do not care "
    "how an image lies; real subbands. The flips of the training are on. The augmented form is no better, and in one "
    "fold of the vessels far worse than the others. `cwmi_augmented` was trained with the code of commit bcdb471."
)
VOLUMES = (
    "Eight generated volumes are tested after 300 steps of a small 3D U-Net, two seeds, against `cwmi` by volume. Dice "
    "with cross-entropy leads in everything here. CWMI with the plain cross-entropy at ten times the weight "
    "(`cwmi_plain`) leaves fewer false parts than with the published balance; the augmented form has half its false "
    "tunnels and is a little worse otherwise."
)
MEMBRANES = (
    "20 slices of electron microscopy as one volume with voxels of 50 x 4.6 x 4.6 nm, in blocks of six and seven along "
    "the depth, each the test of one fold: three blocks of one volume, which describe it, without a test. 300 steps of "
    "a small U-Net, 3D on patches of 6 x 64 x 64, or 2D on patches of 48 x 48 of the slices, scored on the same "
    "blocks. The 2D network has more overlap under every loss. Every form of CWMI leaves fewer false tunnels than the "
    "other losses with either network, and fewer false components with the 2D one. In vi Dice with cross-entropy and "
    "CWMI beside the plain cross-entropy (`cwmi_plain`) are ahead of the other two forms with either network. The "
    "spread between the blocks is as large as many of these differences."
)
OF_MEMBRANES = ("miou", "cldice", "vi", "ari", "adapted_rand_error", "betti_0_error", "betti_1_error", "betti_2_error")
AGREEMENT = "Spearman's rank correlation of the means, n losses that both have, p by Student's t (rough for n = 7)."
COST = "`python -m scripts.benchmark_training --out results/cost.csv`; NAME@0 is the loss in its first epoch."


def _ahead(analysis: Analysis) -> str:
    """The losses that are significantly better than CWMI, with the metrics."""
    tests = analysis.tests
    if tests["p"].isna().all():
        return f"not tested, with fewer than {MIN_PAIRS} groups of images"
    better = tests[(tests["unit"] != FOLD) & (tests["verdict"] == "better") & tests["metric"].isin(METRICS)]
    by_loss = better.groupby("label", sort=False)["metric"].agg(", ".join)
    return "; ".join(f"{escape(str(loss))} ({metrics})" for loss, metrics in by_loss.items()) or "none"


def details() -> str:
    """Sensitivity, ablation, agreement with the paper, cost."""
    parts = [
        "## Learning rate and clipping",
        SENSITIVITY,
        *(f"{metric}\n\n{_sensitivity(metric)}" for metric in ("miou", "vi", "betti_0_error")),
        "## Ablation",
        ABLATION,
        markdown_table(_table(_analysis("ablation")), times=False),
        "## Newer losses",
        MODERN,
        markdown_table(_table(_analysis("modern")), times=False),
        "## Proper, augmented and real covariances",
        COVARIANCE,
        _covariance(),
        "## Volumes",
        VOLUMES,
        markdown_table(_table(_analysis("volumes")), times=False),
        "## A real volume, by networks of volumes and of slices",
        MEMBRANES,
        _networks(),
        "## Order of the losses, here and in the paper",
        AGREEMENT,
        agreement({title: load_records(RESULTS / name) for name, title in DATASETS.items()}),
        "## Cost of a training step",
        COST,
        cost(RESULTS / "cost.csv"),
    ]
    return "\n\n".join(parts)


def _sensitivity(metric: str) -> str:
    """Loss against learning rate, all with clipping, and the middle rate without."""
    runs = load_records(RESULTS / "sensitivity").done
    rates = runs["config/optimizer.lr"].astype(float).map("{:g}".format)
    unclipped = runs["config/trainer.gradient_clip_val"].astype(str) == UNSET
    runs = runs.assign(column=rates.mask(unclipped, rates + ", no clipping"))
    table = runs.pivot(index="loss", columns="column", values=f"test/{metric}")
    rows = [
        [escape(str(loss)), *map(_number, values)] for loss, values in zip(table.index, table.to_numpy(), strict=True)
    ]
    return grid(["loss", *map(str, table.columns)], rows)


def _covariance() -> str:
    """The three forms beside each other; two of them are losses of the comparison."""
    studies = ("vessels", "membranes", "covariance")
    runs = pd.concat([load_records(RESULTS / study).done for study in studies])
    runs = runs[runs["loss"].isin(["cwmi", "cwmi_augmented", "cwmi_real"])]
    means = runs.groupby(["dataset", "loss"])[[f"test/{metric}" for metric in METRICS]].mean()
    return grid(
        ["dataset", "loss", *METRICS],
        [[*map(escape, names), *map(_number, row)] for names, row in zip(means.index, means.to_numpy(), strict=True)],
    )


def _networks() -> str:
    """Mean and spread over the blocks of the losses, with the 3D network and with the 2D one."""
    studies = {"3D": "membrane_volumes", "2D": "membrane_slices"}
    runs = pd.concat([load_records(RESULTS / study).done.assign(network=name) for name, study in studies.items()])
    rows = runs.groupby(["network", "label"], sort=False)[[f"test/{metric}" for metric in OF_MEMBRANES]]
    means, spreads = rows.mean(), rows.std()
    cells = [
        [with_spread(mean, spread, digits) for mean, spread in zip(means[name], spreads[name], strict=True)]
        for name, digits in ((name, decimals(means[name].tolist())) for name in means)
    ]
    names = [[network, escape(str(label))] for network, label in means.index]
    return grid(
        ["network", "loss", *map(escape, OF_MEMBRANES)],
        [[*name, *row] for name, row in zip(names, zip(*cells, strict=True), strict=True)],
    )


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.3g}"


def rewritten(text: str, tables: str) -> str:
    """The text with what is between the marks replaced."""
    head, rest = text.split(START)
    return f"{head}{START}\n{tables}\n\n{END}{rest.split(END)[1]}"


FILES: dict[Path, Callable[[], str]] = {CHECKOUT / "README.md": comparison, RESULTS / "README.md": details}


def main() -> None:
    for path, tables in FILES.items():
        path.write_text(rewritten(path.read_text(encoding="utf-8"), tables()), encoding="utf-8")


if __name__ == "__main__":
    main()
