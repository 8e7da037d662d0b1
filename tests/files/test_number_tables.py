"""Small tables of numbers are read as pandas reads them, or left to pandas."""

from pathlib import Path

import pandas as pd
import pytest

from cwmi_seg.files import csv_files
from cwmi_seg.files.number_tables import MOST_ROWS, read_numbers

PLAIN = {
    "numbers": "index,name,miou\n0,a,0.5\n1,b,1e-3\n2,c,-.25\n",
    "gaps": "name,miou,vi\na,,1\nb,0.5,2\n",
    "digits": "name,miou\n0012,1\n1.5,2\n",
    "byte order mark": "\ufeffname,miou\na,1\n",
    "quotes": 'name,miou\n"a,b",1\n"c ""d""",2\n',
    "largest": "name,number\na,999999999999999999\nb,-1\n",
    "words of pandas": "name,miou\nNA,1\nnull,2\n",
    "windows": "name,miou\r\na,1\r\n",
}
ODD = {
    "a word": "name,miou\na,high\n",
    "infinite": "name,miou\na,inf\n",
    "empty name": "name,miou\n,1\n",
    "short row": "name,miou,vi\na,1\n",
    "long row": "name,miou\na,1,2\n",
    "twice": "name,miou,miou\na,1,2\n",
    "empty column": "name,miou\na,\nb,\n",
    "blank line": "name,miou\na,1\n\nb,2\n",
    "space": "name,miou\na, 1\n",
    "huge": "name,number\na,99999999999999999999\n",
    "true": "name,miou\na,True\n",
    "no rows": "name,miou\n",
    "long": "name,miou\n" + "a,1\n" * (MOST_ROWS + 1),
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_plain_tables_are_those_of_pandas(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text, newline="")
    found = read_numbers(tmp_path / "a.csv", {"name"})
    assert found is not None
    pd.testing.assert_frame_equal(
        found, pd.read_csv(tmp_path / "a.csv", dtype={"name": str}, keep_default_na=False, na_values=[""])
    )


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_not_plain_is_left_to_pandas(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert read_numbers(tmp_path / "a.csv", {"name"}) is None


def test_bytes_that_are_no_text_and_empty_files_are_left_to_pandas(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"name,miou\n\xff,1\n")
    assert read_numbers(tmp_path / "a.csv", {"name"}) is None
    (tmp_path / "b.csv").write_bytes(b"")
    assert read_numbers(tmp_path / "b.csv", {"name"}) is None


def test_formulas_are_unmarked_in_both_ways_of_reading(tmp_path: Path) -> None:
    csv_files.write_rows(tmp_path / "a.csv", [{"name": "=1+1", "+x": 2.0}, {"name": "b", "+x": 3.0}])
    quick = csv_files.read_table(tmp_path / "a.csv", ["name"])
    assert quick["name"].tolist() == ["=1+1", "b"]
    assert list(quick.columns) == ["name", "+x"]
