"""Masks that are paired by a part of their names, and the names that both folders have."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.evaluation.mask_folders import MaskPair, pair_masks
from cwmi_seg.evaluation.mask_names import checked_patterns, name_of, proposed_patterns
from tests.conftest import Command


def write(folder: str, names: list[str], seed: int = 0) -> Path:
    Path(folder).mkdir()
    for number, name in enumerate(names):
        mask = np.random.default_rng(seed + number).integers(0, 2, (8, 9)).astype(np.uint8)
        Image.fromarray(mask).save(Path(folder) / name)
    return Path(folder)


@pytest.mark.parametrize(
    ("stem", "patterns", "name"),
    [
        ("7_mask", ["*_mask"], "7"),
        ("mask_7", ["mask_*"], "7"),
        ("a_7_b", ["a_*_b"], "7"),
        ("7", ["*_mask"], "7"),
        ("_mask", ["*_mask"], "_mask"),
        ("7_pred", ["*_mask", "*_pred", "*"], "7"),
        ("aba", ["ab*ba"], "aba"),
    ],
)
def test_what_a_name_is(stem: str, patterns: list[str], name: str) -> None:
    assert name_of(stem, patterns) == name


def test_patterns_have_one_place() -> None:
    assert checked_patterns(None) == []
    assert checked_patterns("*_a") == ["*_a"]
    for wrong in ("_mask", "*_*", ["*_a", 3]):
        with pytest.raises(ValueError, match=r"pattern: expected one \* for the name"):
            checked_patterns(wrong)  # type: ignore[arg-type]


def test_a_pattern_is_proposed_where_it_helps() -> None:
    assert proposed_patterns({"1_pred", "2_pred"}, {"1", "2"}) == ["*_pred"]
    assert proposed_patterns({"out-1", "out-2"}, {"1_m", "2_m"}) == ["out-*", "*_m"]
    assert proposed_patterns({"011_pred", "001_pred"}, {"011", "001"}) == ["*_pred"]
    assert proposed_patterns({"1_pred", "3_pred"}, {"1", "2"}) == []


def test_pairs_by_pattern_in_a_new_folder(in_empty_folder: Path) -> None:
    predictions, targets = write("p", ["1_pred.png", "2_pred.png"]), write("t", ["1.png", "2.png"])
    with pytest.raises(ValueError, match=r"targets: .* got none for 1_pred.png and 1 more; .*'pattern=\*_pred'\.$"):
        pair_masks(predictions, targets)
    pairs, left_out = pair_masks(predictions, targets, ["*_pred"])
    assert list(pairs) == [
        MaskPair(name, predictions / f"{name}_pred.png", targets / f"{name}.png") for name in ("1", "2")
    ]
    assert left_out == []


def test_two_masks_of_one_name_are_refused(in_empty_folder: Path) -> None:
    predictions, targets = write("p", ["1_pred.png", "1.png"]), write("t", ["1.png"])
    with pytest.raises(ValueError, match=r"1_pred.png: expected one mask of each name, got 1.png too"):
        pair_masks(predictions, targets, ["*_pred"])


def test_names_in_common(in_empty_folder: Path) -> None:
    predictions, targets = write("p", ["1.png", "2.png", "4.png"]), write("t", ["2.png", "3.png", "4.png"])
    pairs, left_out = pair_masks(predictions, targets, common=True)
    assert [pair.name for pair in pairs] == ["2", "4"]
    assert left_out == ["1", "3"]
    with pytest.raises(ValueError, match=r"expected names that u has too, got none in p"):
        pair_masks(predictions, write("u", ["9.png"]), common=True)


def test_the_command_says_how_many_it_left_out(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    write("p", ["1_pred.png", "2_pred.png", "5_pred.png"])
    write("t", ["1.png", "2.png"])
    assert command("evaluate", "predictions=p", "targets=t", "pattern=*_pred", "common=true") == 0
    assert "2 pairs scored, 1 name left out, which only one folder has" in capsys.readouterr().out
    results = json.loads(Path("p_evaluation/results.json").read_text())
    assert results["left_out"] == ["5"]
    assert results["num_test_images"] == 2
    assert results["test"]["miou"]["mean"] == 1.0
