"""Scores by the tags of the test images, against studies whose truth is known."""

import re
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.info import DatasetInfo, ImageInfo
from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import Content
from cwmi_seg.reporting.export import export
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.image_tags import no_tags, tags_of_images
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.records import Records, load_records
from cwmi_seg.reporting.tag_scores import MOST_VALUES, tag_scores
from cwmi_seg.reporting.tag_tables import ByTag, by_tag
from cwmi_seg.reporting.write import write_report
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.run_folder import RunFolder
from tests.support.fake_study import Scores, grid, write_study
from tests.support.hostile import CONTROLS, NAMES
from tests.support.html_page import Page

FOLDS, IMAGES = 3, 8
ALL = [f"{fold}_{i:02d}" for fold in range(FOLDS) for i in range(IMAGES)]
Tags = Mapping[str, Mapping[str, str]]


def is_night(number: int) -> bool:
    return number % 2 == 1


def better_at_night(run: RunIdentity) -> Scores:
    """Scores in which cwmi is better than cross-entropy at night alone, and dice is worse everywhere."""
    noise = np.random.default_rng([run.fold, run.seed, *run.loss.encode()]).normal(0, 0.01, IMAGES)
    night = np.array([is_night(number) for number in range(IMAGES)])
    gain = {"cwmi": 0.1 * night, "dice": np.full(IMAGES, -0.1)}.get(run.loss, np.zeros(IMAGES))
    miou = 0.7 + gain + noise
    return {"miou": miou.tolist(), "vi": (5 * (1 - miou)).tolist()}


TIMES: Tags = {name: {"time": "night" if is_night(int(name[2:])) else "day"} for name in ALL}


def study(
    folder: Path,
    tags: Tags = TIMES,
    make: Callable[[RunIdentity], Scores] = better_at_night,
    seeds: tuple[int, ...] = (0,),
    group: Callable[[str], str] | None = None,
) -> Records:
    """The records of a study whose runs have kept these tags."""
    output = write_study(folder, "a", grid(folds=range(FOLDS), seeds=seeds), make)
    for run in output.glob("runs/*"):
        save_info(info("ab", tags), run)
    for path in output.glob("runs/*/test_images.csv") if group else ():
        table = pd.read_csv(path, dtype={"name": str})
        table.insert(2, "group", table["name"].map(group))
        table.to_csv(path, index=False)
    return collect(output, "a")


def info(fingerprint: str, tags: Tags, images: tuple[ImageInfo, ...] = ()) -> DatasetInfo:
    return DatasetInfo("drive", "", 1, 2, (0.0,), (1.0,), images, fingerprint=fingerprint, tags=tags)


def table_of(records: Records, **values: object) -> pd.DataFrame:
    table = tag_scores(records, "cross_entropy", Options.default().lower_is_better)
    return table[np.logical_and.reduce([table[key] == value for key, value in values.items()])] if values else table


def shown(records: Records) -> ByTag:
    """The tables of the only block."""
    analysis = analyse(records)
    return by_tag(analysis.of_block(analysis.blocks[0]), sorted(records.runs["label"].unique()))


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """Two seeds of the study in which cwmi is better at night alone."""
    return study(tmp_path_factory.mktemp("nights"), seeds=(0, 1))


class Written(NamedTuple):
    """A report of images that have the tag time and others with the names of strangers."""

    content: Content
    folder: Path
    printed: str


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder, names = tmp_path_factory.mktemp("written"), list(NAMES.values())
    tags = {
        name: {"time": TIMES[name]["time"], **{text: text if number % 3 else "plain" for text in names[:4]},
               NAMES["lines"]: NAMES["terminal"]}
        for number, name in enumerate(ALL)
    }  # fmt: skip
    with redirect_stdout(StringIO()) as printed:
        content = write_report(study(folder, tags), folder / "report")
    return Written(content, folder / "report", printed.getvalue())


def by_image(records: Records, label: str, metric: str) -> "pd.Series[float]":
    """The score of each image, mean over the runs of a loss, worked out from the records alone."""
    runs = records.runs.loc[records.runs["label"] == label, "run"]
    return records.images[records.images["run"].isin(runs)].groupby("name")[metric].mean()


def test_a_loss_that_is_better_at_night_alone(nights: Records) -> None:
    for metric in ("miou", "vi"):
        verdicts = table_of(nights, metric=metric).set_index(["label", "value"])["verdict"]
        assert verdicts["cwmi", "night"] == "better"
        assert verdicts["cwmi", "day"] == ""
        assert verdicts["dice", "night"] == verdicts["dice", "day"] == "worse"


def test_numbers_are_over_images_after_the_seeds(nights: Records) -> None:
    (row,) = table_of(nights, label="cwmi", metric="miou", value="night").to_dict("records")
    scores, reference = (by_image(nights, label, "miou") for label in ("cwmi", "cross_entropy"))
    night = [name for name in ALL if TIMES[name]["time"] == "night"]
    assert (row["num_images"], row["num_groups"], row["num_pairs"], row["unit"]) == (12, 12, 12, "image")
    assert row["mean"] == pytest.approx(scores[night].mean(), rel=1e-12)
    assert row["std"] == pytest.approx(scores[night].std(ddof=1), rel=1e-12)
    differences = (scores - reference)[night]
    assert row["mean_difference"] == pytest.approx(differences.mean(), rel=1e-12)
    assert row["low"] < row["mean_difference"] < row["high"]
    assert row["p"] == pytest.approx(wilcoxon(differences).pvalue, rel=1e-9)
    assert row["rank"] == 1


def test_holm_is_over_the_losses_and_the_values_of_a_tag(nights: Records) -> None:
    table = table_of(nights, metric="miou", tag="time").dropna(subset=["p"]).sort_values("p")
    assert len(table) == 4
    expected = np.minimum(1, np.maximum.accumulate(table["p"].to_numpy() * [4, 3, 2, 1]))
    assert table["p_holm"].to_numpy() == pytest.approx(expected, rel=1e-12)


def test_groups_are_the_units_also_where_a_tag_parts_them(tmp_path: Path) -> None:
    records = study(
        tmp_path, group=lambda name: f"{name[:2]}{int(name[2:]) // 4}"
    )  # of two images by day, two at night
    (row,) = table_of(records, label="cwmi", metric="miou", value="night").to_dict("records")
    assert (row["num_images"], row["num_groups"], row["num_pairs"], row["unit"]) == (12, 6, 6, "group")
    scores = by_image(records, "cwmi", "miou") - by_image(records, "cross_entropy", "miou")
    night = scores[[name for name in ALL if TIMES[name]["time"] == "night"]]
    groups = night.groupby([f"{name[:2]}{int(name[2:]) // 4}" for name in night.index]).mean()
    assert row["mean_difference"] == pytest.approx(groups.mean(), rel=1e-12)
    assert row["p"] == pytest.approx(wilcoxon(groups).pvalue, rel=1e-9)
    assert shown(records).tables[0].heads == ("day (12 images in 6 groups)", "night (12 images in 6 groups)")


def test_equal_scores_share_the_first_place_and_no_mark(tmp_path: Path) -> None:
    table = table_of(study(tmp_path, make=lambda run: {"miou": [0.5] * IMAGES}))
    assert set(table["rank"]) == {1}
    assert set(table["verdict"]) == {""}
    assert set(table["p"].dropna()) == {1.0}


def test_several_tags_and_images_without(tmp_path: Path) -> None:
    tags = {name: {"rain": "yes"} for name in ALL[:10]}
    tags |= {name: {**tags.get(name, {}), "angle": str(15 * (number % 8))} for number, name in enumerate(ALL[:20])}
    records = study(tmp_path, tags)
    table = table_of(records, label="dice", metric="miou").set_index(["tag", "value"])
    assert table.loc["rain", "num_images"].to_dict() == {"yes": 10}
    assert list(table.loc["angle"].index) == ["0", "15", "30", "45", "60", "75", "90", "105"]  # as numbers
    assert table.loc["angle", "num_images"].tolist() == [3, 3, 3, 3, 2, 2, 2, 2]
    assert table.loc["angle", "p"].isna().all()  # too few to be tested
    found = shown(records)
    assert [each.tag for each in found.first] == ["rain", "angle"]
    assert found.notes == ("14 of 24 test images have no rain.", "4 of 24 test images have no angle.")


def test_tags_that_part_nothing_are_said_and_not_tabled(tmp_path: Path) -> None:
    tags = {name: {"site": "a", "id": f"x{number}"} for number, name in enumerate(ALL)}
    assert len(ALL) < MOST_VALUES
    found = shown(study(tmp_path, tags))
    assert [table.tag for table in found.first] == ["id"]
    assert found.notes == ("All 24 test images have site a.",)


def test_a_tag_of_too_many_values_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tag_scores", "tag_tables"):
        monkeypatch.setattr(f"cwmi_seg.reporting.{module}.MOST_VALUES", 23)
    records = study(tmp_path, {name: {"id": name} for name in ALL})
    assert table_of(records).empty
    assert shown(records).notes == ("id has 24 values; up to 23 are shown as a table.",)


def test_a_loss_with_fewer_runs_is_shown_and_not_ranked(tmp_path: Path) -> None:
    study(tmp_path)
    (lost,) = tmp_path.glob("runs/*-dice-f0-*")
    (lost / "results.json").unlink()
    table = table_of(collect(tmp_path, "a"), metric="miou", value="day").set_index("label")
    assert table.loc["dice", "num_images"] == 8
    assert np.isnan(table.loc["dice", "rank"])
    assert sorted(table["rank"].dropna()) == [1, 2]


def test_without_the_baseline_there_are_means_alone(nights: Records) -> None:
    table = tag_scores(nights, "none", ())
    assert len(table) == 3 * 2 * 2
    assert table["mean"].notna().all()
    assert table[["mean_difference", "p"]].isna().all(axis=None)
    assert set(table["verdict"]) == {""}


def test_no_tags_no_tables_and_none_of_an_earlier_report(nights: Records, tmp_path: Path) -> None:
    for records in (nights, replace(nights, tags=no_tags())):
        records.save(tmp_path)
        export(analyse(records), tmp_path)
        for name in ("by_tag.csv", "image_tags.csv.gz"):
            assert (tmp_path / name).is_file() == bool(len(records.tags))
    assert shown(records) == ByTag()


def test_tags_given_after_the_training_count(tmp_path: Path) -> None:
    study(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    for run in tmp_path.glob("runs/*"):
        config = run / "config.yaml"
        config.write_text(config.read_text().replace("split: kfold", f"split: kfold, images: {{root: {data}}}"))

    def values() -> set[str]:
        return set(collect(tmp_path, "a").tags["value"])

    images = tuple(ImageInfo(name, 4, 4, (8, 8), name) for name in ALL)
    save_info(info("ab", {name: {"time": "dusk"} for name in ALL}, images), data)
    assert values() == {"dusk"}
    save_info(info("other data", {name: {"time": "noon"} for name in ALL}, images), data)
    assert values() == {"day", "night"}


def test_blocks_of_a_volume_have_the_tags_of_the_volume(nights: Records, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / str(nights.runs["run"].iloc[0]))
    run.path.mkdir()
    save_info(info("ab", {"0_00": {"stain": "a"}}), run.path)
    images = pd.DataFrame({"run": run.name, "name": ["0_00_z0_y0_x32", "0_00_z8_y0_x0", "0_01_z0_y0_x0"]})
    found = tags_of_images(images, nights.runs, {run: {}})
    assert found["name"].tolist() == ["0_00_z0_y0_x32", "0_00_z8_y0_x0"]


def test_a_report_is_made_again_from_its_records(tmp_path: Path) -> None:
    odd = ("NA", "null", "007", "=1+1", "-5", "nan")
    tags = {name: {"odd": odd[number % 6], "None": "x" if number % 2 else "y"} for number, name in enumerate(ALL)}
    first = study(tmp_path, tags)
    assert set(first.tags["value"]) == {*odd, "x", "y"}
    first.save(tmp_path)
    again = load_records(tmp_path)
    pd.testing.assert_frame_equal(again.tags, first.tags, check_dtype=False)
    pd.testing.assert_frame_equal(table_of(again), table_of(first), check_dtype=False)


def test_another_table_instead_of_tags_is_named(nights: Records, tmp_path: Path) -> None:
    nights.save(tmp_path)
    pd.DataFrame({"a": [1]}).to_csv(tmp_path / "image_tags.csv.gz", index=False)
    with pytest.raises(ValueError, match=r"image_tags.csv.gz: expected the columns .*'tag', 'value'"):
        load_records(tmp_path)


def test_names_of_strangers_are_text_in_every_form(written: Written) -> None:
    page, text = Page(html(written.content)), markdown(written.content)
    assert page.open == []
    assert page.seen.isdisjoint({"b", "i", "link"})
    assert len(page.scripts) == 3
    assert "<script>alert(1)</script> (16 images)" in page.text
    tables = re.findall(r"(?:^\|.*\|$\n)+", text, re.MULTILINE)
    assert sum("plain (8 images)" in table for table in tables) == 4
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert "by <script>alert(1)</script>" in written.printed
    for shown in (page.text, text, written.printed):
        assert not (set(shown) - {"\n"}) & CONTROLS
    assert "'=cmd|" in (written.folder / "by_tag.csv").read_text()


def test_every_form_has_the_split(written: Written) -> None:
    text, page = markdown(written.content), html(written.content)
    assert "| time: miou ↑ | day (12 images) | night (12 images) |" in text
    (line,) = re.findall(r"^\| cwmi \| \S+ ± \S+ \| \*\*0\.80\d ± 0\.0\d+\*\* ▲ \|$", text, re.MULTILINE)
    assert line
    assert "drive, unet, by time" in written.printed
    assert re.search(r"^  cwmi  .* 0\.80\d ± 0\.0\d+ \*▲$", written.printed, re.MULTILINE)
    assert page.count('data-metric="vi" hidden') == page.count('data-metric="miou"') == 5
    assert "against cross_entropy, 95 % interval" in page
    assert set(pd.read_csv(written.folder / "by_tag.csv")["metric"]) == {"miou", "vi"}
