"""Names that a stranger's files tell: no path leads out, and every form of a report shows them as they are."""

import csv
import gzip
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

from cwmi_seg.config.error_lines import error_line
from cwmi_seg.datasets.dataset_json import load_info, save_info
from cwmi_seg.files.csv_files import read_rows, read_table, write_rows, write_table
from cwmi_seg.files.plain_names import plain_name
from cwmi_seg.files.printable import printable
from cwmi_seg.reporting.analysis import Options, analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import Content, build_content
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.latex import latex
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.records import Records, load_records
from cwmi_seg.reporting.study_report import report_study
from cwmi_seg.reporting.terminal import plain
from cwmi_seg.reporting.wandb_report import LOGGER
from cwmi_seg.reporting.write import write_report
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.run_folder import RunFolder
from tests.conftest import TINY, Command
from tests.support.fake_data import save, write_folder
from tests.support.fake_study import grid, made_up, write_study
from tests.support.hostile import CONTROLS, NAMES
from tests.support.html_page import Page
from tests.support.networks import grey

SHOWN = {printable(name) for name in NAMES.values()}
OUTSIDE = [NAMES[kind] for kind in ("climbing", "absolute", "backslashes")]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """A results folder whose losses and metrics, of a second block the dataset and the states too, are hostile."""
    folder = tmp_path_factory.mktemp("records")
    tame = [f"loss{number}" for number in range(len(NAMES))]
    hostile = dict(zip(tame, NAMES.values(), strict=True))
    metrics = {"mdice": NAMES["dollars"], "vi": NAMES["climbing"]}
    write_study(folder, "a", grid(("rings", "glas"), losses=tame, folds=(0,)), lambda r: made_up(r, images=3))
    found = collect(folder, "a")
    runs, images = found.runs.replace({"label": hostile, "loss": hostile}), found.images.rename(columns=metrics)
    runs = runs.rename(columns={f"test/{old}": f"test/{new}" for old, new in metrics.items()})
    runs["dataset"] = runs["dataset"].replace({"glas": NAMES["lines"]})
    lost = runs.iloc[[0]].assign(fold=1, run="lost", state="<b>|failed", reason=NAMES["terminal"])
    Records(pd.concat([runs, lost], ignore_index=True), images, found.epochs).save(folder)
    return load_records(folder)


@pytest.fixture(scope="module")
def content(records: Records) -> Content:
    return build_content(analyse(records, Options(None, records.metrics, ())))


def test_names_of_a_results_folder_are_read_as_they_are_and_printable(records: Records) -> None:
    assert set(records.runs["label"]) == SHOWN


def test_the_page_shows_them_as_text(content: Content) -> None:
    page = Page(html(content))
    assert "b" not in page.seen
    assert len(page.scripts) == 3  # the data of the charts, those of the viewer, and the page's own
    assert all(json.loads(text) for text in page.scripts[:2])
    assert page.open == []
    assert not set(page.text) & (CONTROLS - set("\n"))
    assert all(name in page.text for name in SHOWN)


def test_every_markdown_table_shows_them_as_text(content: Content) -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(markdown(content))
    page = Page(rendered)
    assert page.seen.isdisjoint({"script", "a", "em", "code", "hr", "b"})
    first = [text for row in re.findall(r"<tr>\s*<td[^>]*>(.*?)</td>", rendered, re.S) for text in [Page(row).text]]
    assert set(first) == SHOWN
    assert len(first) == 3 * len(SHOWN)  # two blocks and the mean ranks
    assert "$" not in markdown(content).replace("\\$", "")  # where dollars set formulas


def test_latex_sets_them_as_text(content: Content) -> None:
    text = latex(content.tables, NAMES["lines"])
    assert text.count("\\input") == 1  # the comment on top
    assert not set(text) & (CONTROLS - set("\n"))
    rows = re.findall(r"(?<=\\\\\n)(.*) \\\\(?=\n)", text.replace(r"\midrule" + "\n", ""))
    assert len(rows) == 2 * len(SHOWN)
    assert all(len(re.findall(r"(?<!\\)&", row)) == 3 and row[0] not in "[*" for row in rows)
    assert all(line.startswith("%") for line in text.splitlines()[:2])


def test_figures_show_them_literally(content: Content) -> None:
    drawings = [drawing for block in content.blocks for drawing in block.drawings]
    texts = [{"".join(node.itertext()) for node in ElementTree.fromstring(d.svg).iter()} for d in drawings]
    short = {name for name in SHOWN if len(name) < 80}
    assert len(drawings) > 4
    assert all(short <= found for found in texts)
    assert all(re.fullmatch(r"[\w.…-]+", drawing.name) for drawing in drawings)


def test_the_terminal_gets_visible_characters_in_the_lines_of_the_table(
    content: Content, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cwmi_seg.reporting import terminal

    for table in content.tables:
        assert not set(plain(table)) & (CONTROLS - set("\n"))
        assert len(plain(table).splitlines()) == 3 + len(table.rows) + min(len(table.holes), terminal.MAX_HOLES + 1)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "500")
    terminal.show(content.tables)
    drawn = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)  # the styles of the table itself
    assert not set(drawn) & (CONTROLS - set("\n"))
    assert all(name in drawn for name in SHOWN)


@pytest.mark.slow
def test_no_cell_of_a_csv_file_is_a_formula_and_all_stay_in_the_folder(records: Records, tmp_path: Path) -> None:
    write_report(records, tmp_path / "a" / "b" / "report")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["report"]
    files = [path for path in (tmp_path / "a" / "b" / "report").iterdir() if ".csv" in path.name]
    assert len(files) == 8
    for path in files:
        text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
        cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
        assert [cell for cell in cells if re.match(r"\s*[=+@-]", cell) and not _is_number(cell)] == []
    again = load_records(tmp_path / "a" / "b" / "report")
    pd.testing.assert_frame_equal(again.runs, records.runs)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "text", [*NAMES.values(), "+1", "-2.5e-3", "-x", "'=x", "''", "'", "-", " =x", "=\n", "NA", "null", "None", "nan"]
)
def test_texts_come_back_from_a_csv_file(text: str, tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", [{text: "k", "name": text, "number": -1.5}])
    assert read_rows(tmp_path / "a.csv") == [{text: "k", "name": text, "number": "-1.5"}]
    write_table(pd.DataFrame({"name": [text], "number": [-1.5]}), tmp_path / "b.csv")
    table = read_table(tmp_path / "b.csv", ["name"])
    assert table["name"].tolist() == [text.replace("\r\n", "\n") if "\r" not in text else text]
    assert table["number"].tolist() == [-1.5]


def test_empty_cells_and_numbers_that_are_none_are_missing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,score\na,\n,nan\nb,0.5\n")
    table = read_table(tmp_path / "a.csv", ["name"])
    assert table["name"].isna().tolist() == [False, True, False]
    assert table["score"].isna().tolist() == [True, True, False]
    assert table["score"].dtype == float


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "C:x", "a\0b", "\ud800", "x" * 201, None, 3, *OUTSIDE])
def test_a_path_is_no_name(name: object) -> None:
    with pytest.raises(ValueError, match="expected the name of a file"):
        plain_name(name)


@pytest.mark.parametrize("name", ["01_test", "..a", "a b", "im[1]", "日本", "12:30 b", "-x", "x" * 200])
def test_other_names_are_taken(name: str) -> None:
    assert plain_name(name) == name


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_of_a_prepared_dataset_lead_nowhere(
    name: str, command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path / "raw", ("a", "b", "c", "d"))
    assert command("prepare", "dataset=folder", "raw=raw", "paths.data=data") == 0
    info = load_info(Path("data/folder"))
    save_info(replace(info, images=(replace(info.images[0], name=name), *info.images[1:])), Path("data/folder"))
    before = sorted(path for path in tmp_path.rglob("*") if path.suffix == ".png")
    capsys.readouterr()
    tiny = [override for override in TINY if not override.startswith("dataset.images")]
    assert command("train", "dataset=folder", "dataset.crop_size=[16,16]", *tiny) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "expected the name of a file" in error
    assert sorted(path for path in tmp_path.rglob("*") if path.suffix == ".png") == before


def test_a_pattern_does_not_write_above_its_output(run: Any, command: Command, tmp_path: Path) -> None:
    save(tmp_path / "in" / "a" / "x.png", grey(16, 16))
    save(tmp_path / "y.png", grey(16, 16))
    assert command("predict", f"run={run()}", "images='in/*/../../*.png'", "out=deep/out", "accelerator=cpu") == 1
    assert not list(tmp_path.glob("deep/*.png"))


def test_images_of_any_name_are_predicted_and_told_in_one_line(
    run: Any,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [name.replace("/", "_").lstrip(".")[:240] for name in NAMES.values()]
    for number, name in enumerate(names):
        save(Path("in", f"{name}.png"), grey(16, 16, number))
    Path("in", "bad\n\x1b[2J.png").write_bytes(b"no image")
    assert command("predict", f"run={run()}", "images=in", "out=out", "accelerator=cpu") == 1
    told = capsys.readouterr()
    assert {path.stem for path in Path("out/masks").iterdir()} == set(names)
    assert not set(told.out + told.err) & (CONTROLS - set("\n"))
    assert all(printable(name) in told.out for name in names)
    assert told.err.count("\n") == 1
    assert r"bad\n\x1b[2J.png" in told.out


def test_a_member_of_a_study_names_no_other_folder(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate(NAMES.values()):
        identity = {**RunIdentity(name, name, name, 0, number, name).to_dict()}
        path = Path("outputs/studies/a", f"{number}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"run": "../../..", "identity": identity}))
        RunFolder(Path("outputs/runs", str(number))).write_status("failed", epoch=1, max_epochs=2, message=name)
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", RunIdentity.from_dict(identity).name)
    assert command("runs", "study=a", "states=[failed]") == 0
    out = capsys.readouterr().out
    assert not set(out) & (CONTROLS - set("\n"))
    assert len(out.splitlines()) == 1 + len(NAMES)
    assert all(name in out for name in SHOWN)


@pytest.mark.parametrize("identity", [[], {"dataset": "a"}, {**grid()[0].to_dict(), "fold": "../x"}, None])
def test_a_damaged_member_is_named(identity: object, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    Path("outputs/studies/a").mkdir(parents=True)
    Path("outputs/studies/a/x.json").write_text(json.dumps({"identity": identity}))
    assert command("runs", "study=a") == 1
    assert "x.json: expected the identity of a run" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("in_empty_folder")
def test_wandb_keys_are_names(caplog: pytest.LogCaptureFixture) -> None:
    """Metrics and images of any name; W&B names files after them."""
    from cwmi_seg.loggers.wandb_run import WandbRun

    logger = WandbRun(str(Path("outputs/run").absolute()))
    Path("outputs/run").mkdir(parents=True)
    logger.log_hyperparams({})
    mask, picture = np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.uint8)
    names = set(NAMES.values()) - set(OUTSIDE)
    for name in names:
        logger.log_overlay(name, picture, mask, mask)
    logger.finish(0)
    assert "W&B failed" not in caplog.text
    found = list(Path().rglob("media/images/overlay/*.png"))
    assert len(found) == len(names)
    assert all(path.is_relative_to("outputs/run/wandb") for path in Path().rglob("*.png"))


@pytest.mark.slow
@pytest.mark.usefixtures("in_empty_folder")
def test_the_report_of_hostile_metrics_is_a_wandb_run(caplog: pytest.LogCaptureFixture) -> None:
    metrics = ("miou", NAMES["climbing"], NAMES["lines"], NAMES["long"], NAMES["formula"])
    runs = grid(losses=("dice", "cwmi"), folds=(0,))
    write_study(Path("outputs"), "a", runs, lambda run: dict.fromkeys(metrics, made_up(run, 3, ("miou",))["miou"]))
    for folder in Path("outputs/runs").iterdir():
        config = (folder / "config.yaml").read_text()
        (folder / "config.yaml").write_text(config + f"logger: {{_target_: {LOGGER}, project: p, offline: true}}\n")
    report_study(Path("outputs"), "a", options=Options(None, [printable(name) for name in metrics], ()))
    assert "W&B failed" not in caplog.text
    assert list(Path("outputs/studies/a/report/wandb").glob("offline-run-*/run-*.wandb"))
    tables = list(Path().rglob("*.table.json"))
    assert len(tables) == 4 + len(metrics)
    assert all("report/wandb" in path.as_posix() for path in tables)


def test_an_error_of_compiled_code_is_one_printable_line() -> None:
    trace = (
        "[enforce fail] bad file \x1b[31mx\nException raised from valid at inline_container.cc:120 (first)"
        ":\nframe #0: c10::Error::Error(std::string) + 0x57 (0x7f in /lib/libc10.so)\nframe #1: <unknown> + 1 (0x0)\n"
    )
    assert error_line(RuntimeError(trace)) == r"[enforce fail] bad file \x1b[31mx"
    assert error_line(ValueError(f"a.png: cannot be read ({trace}); copy it.")).endswith(
        "bad file \\x1b[31mx); copy it."
    )
    assert len(error_line(ValueError("x" * 10**6))) == 2000


@pytest.mark.skipif(os.name == "nt", reason="no such file names")
def test_names_that_are_no_text_are_refused_in_one_line(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(Path("raw"), ("a", "b", "\udcff"))
    assert command("prepare", "dataset=folder", "raw=raw") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "\\udcff.png: name of an image: expected" in error
