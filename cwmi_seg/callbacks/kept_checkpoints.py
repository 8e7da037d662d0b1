"""What a resumed run knows of the checkpoints that it has kept so far."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

log = logging.getLogger(__name__)


class KeptCheckpoints(pl.Callback):
    """Tells every ``ModelCheckpoint`` of a resumed run which files lie in its folder, and with which scores.

    Lightning stores absolute paths: it forgets the best score when the folder was moved or renamed, and trusts files
    that are gone or that a killed process has replaced since. A checkpoint itself knows the score it was saved for.
    """

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Called before the callbacks take their states from ``checkpoint``."""
        for saver in trainer.checkpoint_callbacks:
            state = checkpoint["callbacks"].get(saver.state_key)
            if isinstance(saver, ModelCheckpoint) and state is not None:
                state.update(_present(saver, state))


def _present(saver: ModelCheckpoint, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of ``saver`` that its folder allows."""
    assert saver.dirpath is not None
    kept = {_moved(path, state, saver): score for path, score in state["best_k_models"].items()}
    scores = {str(path): _score(path, saver, score) for path, score in kept.items() if path.is_file()}
    for path in kept:
        if str(path) not in scores:
            log.warning("note     %s is gone; only epochs from now on can be the best", path)
    return {"dirpath": saver.dirpath, "last_model_path": "", **_ranking(saver, state, scores)}


def _ranking(saver: ModelCheckpoint, state: Mapping[str, Any], scores: Mapping[str, Tensor]) -> dict[str, Any]:
    """What Lightning derives from the scores: the best checkpoint, and the one that the next better one replaces."""
    if not scores:  # also of a callback without a monitor, which replaces its only checkpoint
        only = _moved(state["best_model_path"], state, saver)
        path = str(only) if saver.monitor is None and only.is_file() else ""
        return {"best_k_models": {}, "best_model_path": path, "best_model_score": None, "kth_best_model_path": "",
                "kth_value": saver.kth_value}  # fmt: skip
    ordered = sorted(scores, key=lambda path: float(scores[path]), reverse=saver.mode == "min")
    worst, best, full = ordered[0], ordered[-1], len(scores) == saver.save_top_k
    return {
        "best_k_models": dict(scores),
        "best_model_path": best,
        "best_model_score": scores[best],
        "kth_best_model_path": worst if full else "",
        "kth_value": scores[worst] if full else saver.kth_value,
    }


def _moved(path: str, state: Mapping[str, Any], saver: ModelCheckpoint) -> Path:
    """Where a file lies now that was at ``path`` when the state was saved."""
    folder = Path(str(state["dirpath"]))
    inside = Path(path).is_relative_to(folder)
    return Path(str(saver.dirpath), Path(path).relative_to(folder)) if inside else Path(path)


def _score(path: Path, saver: ModelCheckpoint, remembered: Tensor) -> Tensor:
    """The score that a checkpoint was saved for; the remembered one where it holds weights only."""
    states = torch.load(path, map_location="cpu", weights_only=True, mmap=True).get("callbacks", {})
    score: Tensor = states.get(saver.state_key, {}).get("current_score", remembered)
    return score.clone()  # else it holds on to the file
