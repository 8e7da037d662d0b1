"""A report says what distances are in, and that those of runs of before cannot be compared with them."""

from functools import partial
from pathlib import Path

import pytest

from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.reporting.analysis import analyse
from cwmi_seg.reporting.collect import collect
from cwmi_seg.reporting.records import load_records
from cwmi_seg.reporting.words import facts
from cwmi_seg.study.run_folder import RunFolder
from tests.support.fake_study import grid, made_up, write_study

NM = "nm (spacing 30 x 6 x 6)"


def said(output: Path, folder: Path) -> list[str]:
    folder.mkdir()
    records = collect(output, "a")
    records.save(folder)
    kept = [fact for fact in facts(analyse(records)) if "istances" in fact]
    assert [fact for fact in facts(analyse(load_records(folder))) if "istances" in fact] == kept
    return kept


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (0, []),
        (9, [f"Distances (hd) in drive are {NM}."]),
        (
            6,
            [
                f"Distances (hd) in drive are {NM} of 6 runs, voxels of 3 runs, which are NOT COMPARABLE; train with "
                "overwrite=true to have them alike."
            ],
        ),
    ],
)
def test_the_unit_of_distances_is_said(new: int, expected: list[str], tmp_path: Path) -> None:
    runs = grid()
    write_study(tmp_path, "a", runs, partial(made_up, metrics=("miou", "hd")))
    for run in runs[:new]:
        file = RunFolder.of(tmp_path, run).results_file
        write_json(file, {**read_json(file), "units": {"hd": NM}})
    assert said(tmp_path, tmp_path / "report") == expected
