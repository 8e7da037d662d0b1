"""The forms of a report: page, Markdown, LaTeX, figures, panels, and the paper's table."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from cwmi_seg.pictures.overlay import panel, tiles
from cwmi_seg.reporting.analysis import analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.content import Content, build_content
from cwmi_seg.reporting.html import html
from cwmi_seg.reporting.latex import escape, latex
from cwmi_seg.reporting.markdown import markdown
from cwmi_seg.reporting.paper import LOSSES, beside_paper, paper_table
from cwmi_seg.reporting.protocol import differences
from cwmi_seg.reporting.records import load_records
from cwmi_seg.study.identity import RunIdentity
from cwmi_seg.study.run_folder import RunFolder
from tests.support.composed import composed
from tests.support.fake_study import grid, write_failed, write_overlays, write_study
from tests.support.html_page import Page


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Two blocks, one run failed with a nasty message, overlays of fold 0."""
    output = tmp_path_factory.mktemp("outputs")
    *done, lost = grid(datasets=("drive", "rings"), overrides=("data.x=<b>&_",))
    write_study(output, "a", done)
    write_failed(output, "a", lost, "ValueError: <script>alert(1)</script> | a_b % c")
    for run in done:
        if run.fold == 0:
            write_overlays(RunFolder.of(output, run).path, ["0_00", "0_01", "0_02"])
    return build_content(analyse(collect(output, "a")), output / "runs")


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(content: Content) -> None:
    page = Page(html(content))
    assert page.open == []
    assert page.seen.isdisjoint({"link", "iframe", "b"})
    assert page.seen >= {"table", "details", "nav"}
    assert all(address.startswith(("#", "data:image/")) for address in page.addresses)
    assert "<script>alert(1)</script>" in page.text
    assert "data.x=<b>&_" in page.text


def test_the_page_runs_its_own_script_alone(content: Content) -> None:
    data, viewer, script = Page(html(content)).scripts
    assert [block["title"] for block in json.loads(data)["blocks"]] == [table.title for table in content.tables]
    assert json.loads(viewer)["legend"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in Page(html(content)).policy.split(";"))
    assert rules["script-src"] == f"'sha256-{digest}' 'self' file:"
    assert rules["default-src"] == "'none'"
    assert not any("http" in rule or "*" in rule for rule in rules.values())


def test_markdown_tables_have_as_many_cells_in_every_row(content: Content) -> None:
    tables = re.findall(r"(?:^\|.*\|$\n)+", markdown(content), re.MULTILINE)
    assert len(tables) == 1 + 2 + 1  # overview, two blocks, the paper
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_latex_escapes_and_aligns(content: Content) -> None:
    text = latex(content.tables, content.baseline)
    assert escape("a_b%<&\\~日") == r"a\_b\%\textless{}\&\textbackslash{}\textasciitilde{}?"
    rows = re.findall(r"^(?!%).*\\\\$", text, re.MULTILINE)
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {3}
    assert r"cross\_entropy" in text
    assert re.search(r"cwmi & \\textbf\{\\boldmath \$0\.\d{3} \\pm", text)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
def test_latex_compiles(content: Content, tmp_path: Path) -> None:
    (tmp_path / "tables.tex").write_text(latex(content.tables, content.baseline), encoding="utf-8")
    frame = r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}\input{tables}\end{document}"
    (tmp_path / "main.tex").write_text(frame)
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "main.tex"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


def test_figures_are_xml_with_the_labels(content: Content) -> None:
    names = [drawing.name for drawing in content.blocks[0].drawings]
    assert names == ["ranking-miou", "ranking-mdice", "ranking-vi", "scatter-miou-mdice",
                     "curve-val-miou"]  # fmt: skip
    for drawing in content.blocks[0].drawings:
        words = " ".join(ElementTree.fromstring(drawing.svg).itertext())
        assert all(label in words for label in ("cross_entropy", "cwmi", "dice")), drawing.name


def test_losses_of_another_scale_do_not_share_an_axis(content: Content) -> None:
    score, loss = content.blocks[0].curves
    assert (score.name, score.is_comparable) == ("val/miou", True)
    assert (loss.name, loss.is_comparable) == ("train/loss", False)
    assert [d.name for d in content.blocks[0].drawings if d.name.startswith("curve")] == ["curve-val-miou"]


def test_long_curves_are_thinned_evenly(tmp_path: Path) -> None:
    write_study(tmp_path, "a", grid(losses=("dice",), folds=(0, 1)), epochs=700)
    (score, _) = build_content(analyse(collect(tmp_path, "a"))).blocks[0].curves
    epochs = score.by_label["dice"]["epoch"].tolist()
    assert epochs == list(range(0, 700, 3))


def test_panels_show_one_image_under_every_loss(content: Content) -> None:
    first, second = content.blocks[0].panels
    assert [label for label, _ in first.tiles] == ["image", "target", "cwmi", "dice", "cross_entropy"]
    assert first.caption != second.caption
    number = int(first.caption[3])
    shades = [int(picture.mean()) for _, picture in first.tiles]
    assert shades == [40 * (number + 1), 40 * (number + 2), *[40 * (number + 3)] * 3]


def test_tiles_undo_the_panel() -> None:
    rng = np.random.default_rng(0)
    image, target = rng.integers(0, 255, (5, 7, 3)).astype(np.uint8), rng.integers(0, 2, (5, 7))
    first, second, third = tiles(panel(image, target, target))
    assert (first == image).all()
    assert (second[..., 0] == 255 * target).all()
    assert third.shape == image.shape


def test_a_loss_without_a_rank_everywhere_has_no_mean_rank(content: Content) -> None:
    assert content.overview is not None
    ranks = content.overview
    assert ranks.columns.tolist() == ["mean", "drive, unet", "rings, unet"]
    assert ranks.loc["cwmi"].tolist() == [1, 1, 1]
    assert ranks.loc["dice"].isna().tolist() == [True, False, True]


def test_the_fact_sheet_of_the_paper() -> None:
    table = paper_table()
    assert len(table) == 4 * 2 * 13 * 5
    assert table[["dataset", "model", "loss"]].notna().all(axis=None)
    assert table["mean"].isna().sum() == 15
    assert set(table["loss"]) == set(LOSSES.values())
    cell = table[(table["dataset"] == "drive") & (table["model"] == "unet") & (table["loss"] == "cwmi")]
    assert cell.set_index("metric").loc["vi", ["mean", "std"]].tolist() == [1.06, 0.08]


def test_the_paper_beside_ours(content: Content) -> None:
    (block,) = content.paper  # rings are not in the paper
    assert block.metrics == ("miou", "mdice", "vi")
    rows = {row[0]: row[1:] for row in block.rows}
    assert rows["cwmi"][1::2] == ("0.801 ± 0.011", "0.880 ± 0.008", "1.06 ± 0.08")
    assert rows["abw"] == ("missing",) * 6
    assert rows["rmi"][::2] == ("missing",) * 3
    assert "trainer.max_epochs: 2 (paper: 50)" in block.differences
    assert "dataset.crop_size: [64, 64] (paper: [608, 576])" in block.differences
    absent = ("gradient_clip_val", "augmentation", "scheduler", "precision")  # as in the paper, or not known
    assert not any(name in text for text in block.differences for name in absent)


def compared(folder: Path, *overrides: str) -> list[str]:
    """How a run with these choices is said to differ from the paper."""
    write_study(folder, "a", [RunIdentity("drive", "unet", "cwmi", 0, 0, "a")])
    config = composed("train", "dataset=drive", *overrides)
    config = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    (path,) = folder.glob("runs/*/config.yaml")
    path.write_text(OmegaConf.to_yaml(config, resolve=True))  # as a run keeps it
    return differences(collect(folder, "a").runs)


def test_the_experiment_of_the_paper_is_the_paper_s(tmp_path: Path) -> None:
    assert compared(tmp_path, "experiment=paper_table1") == []
    assert compared(tmp_path, "trainer.limit_train_batches=1.0", "trainer.precision=32") == []


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("augmentation=strong", "augmentation._target_: cwmi_seg.augmentations.InTurn (paper: cwmi_seg.augmentations"),
        ("scheduler=constant", "scheduler._target_: not set (paper: torch.optim.lr_scheduler.StepLR)"),
        ("dataset.crop_size=null", "dataset.crop_size: not set (paper: [608, 576])"),
        ("dataset.pad_image=0", "dataset.pad_image: 0 (paper: edge)"),
        ("dataset.group_folds=true", "dataset.group_folds: true (paper: false)"),
        ("data.crops_per_image=2", "data.crops_per_image: 2 (paper: 1)"),
        ("trainer.precision=bf16-mixed", "trainer.precision: bf16-mixed (paper: 32-true)"),
        ("trainer.limit_train_batches=6", "trainer.limit_train_batches: 6 (paper: not set)"),
        ("trainer.gradient_clip_val=null", "trainer.gradient_clip_val: not set (paper: 5.0)"),
        ("optimizer.weight_decay=0.1", "optimizer.weight_decay: 0.1 (paper: 0.0)"),
    ],
)
def test_every_difference_from_the_paper_is_said(tmp_path: Path, override: str, said: str) -> None:
    (found,) = compared(tmp_path, override)
    assert found.startswith(said)


def test_settings_of_saved_records_are_text(tmp_path: Path) -> None:
    runs = grid(losses=("cwmi",))
    write_study(tmp_path, "a", runs[:2])
    write_failed(tmp_path, "a", runs[2])  # has no settings: numbers beside it would become floats
    collect(tmp_path, "a").save(tmp_path)
    assert "trainer.max_epochs: 2 (paper: 50)" in differences(load_records(tmp_path).runs)


def test_no_run_is_done(tmp_path: Path) -> None:
    run = RunIdentity("drive", "unet", "cwmi", 0, 0, "a")
    write_failed(tmp_path, "a", run)
    content = build_content(analyse(collect(tmp_path, "a")), tmp_path / "runs")
    assert content.paper == []
    assert "cwmi, fold 0, seed 0: failed (RuntimeError: no memory)" in html(content)
    assert "failed" in markdown(content)
    assert beside_paper(analyse(collect(tmp_path, "a")), "") is None
