"""``cwmi-prepare dataset=NAME raw=FOLDER_OR_ZIP``: check and convert a download, once."""

from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from cwmi_seg.conf_dir import conf_dir
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.datasets.preparation import check, prepare
from cwmi_seg.datasets.report import describe
from cwmi_seg.errors import one_line_errors


@hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="prepare")
@one_line_errors()
def main(cfg: DictConfig) -> None:
    """Prepare the dataset, or check a prepared one."""
    if cfg.dataset.get("preparer") is None:
        raise ValueError("dataset: expected one with raw files, got one that needs no preparation; train with it.")
    root = Path(cfg.dataset.images.root).expanduser()
    if cfg.check:
        _show(check(root), f"{root}: every file is as it was prepared")
    else:
        _prepare(cfg, root)


def _prepare(cfg: DictConfig, root: Path) -> None:
    if cfg.raw is None:
        raise ValueError("raw: expected the folder or zip archive of the download, got nothing; add raw=PATH.")
    options = str(OmegaConf.to_container(cfg.dataset.preparer, resolve=True))
    raw = Path(str(cfg.raw)).expanduser()
    done = prepare(instantiate(cfg.dataset.preparer), raw, root, options=options, overwrite=cfg.overwrite)
    _show(done.info, f"{root}: prepared" if done.written else f"{root}: already prepared from these files, unchanged")
    print(f"look at {root / 'preview.png'}, then train: cwmi-train dataset={cfg.dataset_name}")


def _show(info: DatasetInfo, headline: str) -> None:
    print("\n  ".join([headline, *describe(info)]))


if __name__ == "__main__":
    main()
