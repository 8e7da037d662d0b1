"""Checkpoints survive a kill while they are written."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from cwmi_seg.training.checkpoints import AtomicCheckpoints


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "last.ckpt"
    AtomicCheckpoints().save_checkpoint({"epoch": 3, "weights": torch.arange(4)}, path)
    loaded = AtomicCheckpoints().load_checkpoint(path, weights_only=True)
    assert loaded["epoch"] == 3
    assert torch.equal(loaded["weights"], torch.arange(4))
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_an_end_in_the_middle_of_writing_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.ckpt"
    AtomicCheckpoints().save_checkpoint({"epoch": 3}, path)

    def power_cut(checkpoint: object, file: Path) -> None:
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", power_cut)
    with pytest.raises(KeyboardInterrupt):
        AtomicCheckpoints().save_checkpoint({"epoch": 4}, path)
    assert AtomicCheckpoints().load_checkpoint(path, weights_only=True) == {"epoch": 3}


@pytest.mark.parametrize(("free", "kind"), [(0, OSError), (1 << 30, RuntimeError)])
def test_a_full_disk_is_named_where_torch_tells_of_a_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, kind: type[Exception]
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:745] . PytorchStreamWriter failed writing file")

    monkeypatch.setattr(torch, "save", fails)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(kind, match="No space left on device.*last.ckpt" if kind is OSError else "PytorchStreamWriter"):
        AtomicCheckpoints().save_checkpoint({}, tmp_path / "last.ckpt")
