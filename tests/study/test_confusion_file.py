import json
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.study.confusion_file import Confusions, read_confusions, write_confusions


def test_matrices_are_read_as_they_were_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    matrices = rng.integers(0, 3, (4, 5, 5)) * rng.integers(0, 10**12, (4, 5, 5))
    names = ("a", "b é", "c=d", "__proto__")
    write_confusions(Confusions(names, matrices), tmp_path / "x.json")
    read = read_confusions(tmp_path / "x.json")
    assert read is not None
    assert read.names == names
    np.testing.assert_array_equal(read.matrices, matrices)


def test_a_run_of_before_has_none(tmp_path: Path) -> None:
    assert read_confusions(tmp_path / "x.json") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "expected format 1, got 2; update cwmi-seg"),
        ({"num_classes": 10**6}, "damaged .*expected 2 to 256 classes, got 1000000"),
        ({"num_classes": True}, "damaged"),
        ({"images": {"a": [[0, 3, 1]]}}, "damaged .*expected classes below 3, got 0 and 3"),
        ({"images": {"a": [[0, -1, 1]]}}, "damaged .*expected classes below 3"),
        ({"images": {"a": [[0, 1, -1]]}}, "damaged .*expected three whole numbers"),
        ({"images": {"a": [[0, 1, 0.5]]}}, "damaged .*expected three whole numbers"),
        ({"images": {"a": [[0, 1, 10**30]]}}, "damaged"),
        ({"images": [[0, 1, 2]]}, "damaged"),
        ({"num_classes": 256, "images": {str(i): [] for i in range(1100)}}, "damaged .*expected at most"),
    ],
)
def test_what_is_no_such_file_is_one_line(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"format": 1, "num_classes": 3, "images": {"a": [[0, 1, 2]]}} | change))
    with pytest.raises(ValueError, match=message) as raised:
        read_confusions(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)
