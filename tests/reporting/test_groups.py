"""Images that belong together are one observation of the paired tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.records import Records, load_records
from cwmi_seg.reporting.significance import significance
from cwmi_seg.reporting.tables import build_table
from cwmi_seg.reporting.words import reading
from scripts.fill_groups import RESULTS, filled
from tests.support.fake_study import grid, made_up, write_study

LOSSES = ("cross_entropy", "cwmi")


def pairs_of_eyes(name: str) -> str:
    """``0_0`` for the images 0_00 and 0_01 of fold 0, and so on."""
    return f"{name[:2]}{int(name[2:]) // 2}"


def study(folder: Path, group: Callable[[str], str] | None, folds: int = 3) -> Path:
    """Three seeds of two losses, with the groups that ``group`` gives, or as older runs without any."""
    output = write_study(folder, "a", grid(losses=LOSSES, folds=range(folds), seeds=(0, 1, 2)))
    for path in output.glob("runs/*/test_images.csv"):
        table = pd.read_csv(path, dtype={"name": str})
        if group is not None:
            table.insert(2, "group", table["name"].map(group))
            table.to_csv(path, index=False)
    return output


def paired(records: Records) -> pd.DataFrame:
    return significance(records, "cross_entropy", Options.default().lower_is_better)


def test_groups_are_paired_after_averaging_over_seeds_and_images(tmp_path: Path) -> None:
    table = paired(collect(study(tmp_path, pairs_of_eyes), "a"))
    runs = grid(losses=LOSSES, seeds=(0, 1, 2))
    difference = {
        fold: np.mean([made_up(run)["vi"] for run in runs if (run.loss, run.fold) == ("cwmi", fold)], axis=0)
        - np.mean([made_up(run)["vi"] for run in runs if (run.loss, run.fold) == ("cross_entropy", fold)], axis=0)
        for fold in (0, 1, 2)
    }
    persons = np.concatenate([difference[fold].reshape(4, 2).mean(1) for fold in (0, 1, 2)])
    (row,) = table[table["metric"] == "vi"].to_dict("records")
    assert (row["unit"], row["num_pairs"], row["verdict"]) == ("group", 12, "better")
    assert row["p"] == pytest.approx(wilcoxon(persons).pvalue, rel=1e-12)
    assert row["median_difference"] == pytest.approx(np.median(persons), rel=1e-12)


def test_groups_of_one_image_each_are_images(tmp_path: Path) -> None:
    single, none = (paired(collect(study(tmp_path / str(kind), kind), "a")) for kind in (str.upper, None))
    assert set(single["unit"]) == {"image"}
    pd.testing.assert_frame_equal(single, none)


def test_few_groups_are_not_tested_however_many_images_they_have(tmp_path: Path) -> None:
    records = collect(study(tmp_path, lambda name: str(int(name[-2:]) % 5)), "a")
    table = paired(records)
    assert set(table["num_pairs"]) == {5}
    assert table["p"].isna().all()
    (block,) = analyse(records).blocks
    assert not build_table(analyse(records).of_block(block), "").tested


def test_folds_that_share_a_group_are_no_pairs(tmp_path: Path) -> None:
    apart, across = (
        paired(collect(study(tmp_path / str(number), group, folds=6), "a"))
        for number, group in enumerate((pairs_of_eyes, lambda name: name[-2:]))
    )
    assert set(apart["unit"]) == {"group", "fold"}
    assert set(across["unit"]) == {"group"}


def test_the_verdicts_of_groups_are_those_of_the_table_and_the_text_says_so(tmp_path: Path) -> None:
    analysis = analyse(collect(study(tmp_path, pairs_of_eyes), "a"))
    (block,) = analysis.blocks
    cwmi = next(row for row in build_table(analysis.of_block(block), "").rows if row.label == "cwmi")
    assert {cell.verdict for cell in cwmi.cells} == {"better"}
    assert "paired by group" in reading(analysis)[2]
    assert "(drive: 12 groups of 24 images)" in reading(analysis)[2]


def test_the_groups_are_saved_and_read_again(tmp_path: Path) -> None:
    records = collect(study(tmp_path, lambda name: f"0{name[0]}"), "a")
    records.save(tmp_path)
    assert load_records(tmp_path).images["group"].tolist() == records.images["group"].tolist()
    assert set(records.images["group"]) == {"00", "01", "02"}  # not numbers


def test_records_without_groups_have_images_for_groups(tmp_path: Path) -> None:
    records = collect(study(tmp_path, pairs_of_eyes), "a")
    Records(records.runs, records.images.drop(columns="group"), records.epochs).save(tmp_path)
    images = load_records(tmp_path).images
    assert images["group"].tolist() == images["name"].tolist()
    assert list(images.columns[:3]) == ["run", "name", "group"]


def prepared(folder: Path, fingerprint: str) -> None:
    """A prepared dataset of the images of :func:`study`, in groups."""
    names = [f"{fold}_{i:02d}" for fold in range(3) for i in range(8)]
    images = tuple(ImageInfo(name, 4, 4, (8, 8), pairs_of_eyes(name)) for name in names)
    folder.mkdir(parents=True, exist_ok=True)
    save_info(DatasetInfo("drive", "", 1, 2, (0.0,), (1.0,), images, fingerprint=fingerprint), folder)


@pytest.mark.parametrize(("now", "unit"), [("same", "group"), ("other", "image"), (None, "image")])
def test_older_runs_have_the_groups_of_the_data_they_were_trained_on(
    tmp_path: Path, now: str | None, unit: str
) -> None:
    output, data = study(tmp_path, None), tmp_path / "prepared"
    for folder in output.glob("runs/*"):
        prepared(folder, "same")
        config = folder / "config.yaml"
        config.write_text(config.read_text().replace("split: kfold", f"split: kfold, images: {{root: {data}}}"))
    if now is not None:
        prepared(data, now)
    assert set(paired(collect(output, "a"))["unit"]) == {unit}


def test_an_older_run_has_the_groups_that_newer_ones_name(tmp_path: Path) -> None:
    output = study(tmp_path, pairs_of_eyes)
    (older,) = output.glob("runs/*cwmi-f0-s0-*/test_images.csv")
    pd.read_csv(older, dtype=str).drop(columns="group").to_csv(older, index=False)
    images = collect(output, "a").images
    assert images["group"].tolist() == images["name"].map(pairs_of_eyes).tolist()


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in RESULTS.glob("*/images.csv.gz")), ids=lambda f: f.name
)
def test_the_published_scores_have_their_groups(folder: Path) -> None:
    published = pd.read_csv(folder / "images.csv.gz", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(published, filled(folder))
    images, groups = published["name"].nunique(), published["group"].nunique()
    expected = {"vessels": (28, 14), "membranes": (20, 2), "mortar": (25, 25), "covariance": (48, 16)}
    expected |= {"many_classes": (30, 30), "volumes": (8, 8), "membrane_volumes": (3, 1), "membrane_slices": (3, 1)}
    assert (images, groups) == expected.get(folder.name, (10, 5))
