"""``python -m cwmi_seg.train``: compose the config, train, test, print the scores."""

from pathlib import Path

import hydra
import pytorch_lightning as pl
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor
from torch.utils.data import DataLoader

from cwmi_seg.datasets.synthetic import SyntheticVessels
from cwmi_seg.task import SegmentationTask


def _loader(cfg: DictConfig, num_images: int, seed: int, shuffle: bool = False) -> DataLoader[dict[str, Tensor | str]]:
    dataset = SyntheticVessels(num_images, cfg.image_size, seed)
    return DataLoader(dataset, batch_size=cfg.batch_size, shuffle=shuffle)


@hydra.main(version_base="1.3", config_path=str(Path(__file__).parent.parent / "conf"), config_name="train")
def main(cfg: DictConfig) -> None:
    pl.seed_everything(cfg.seed)
    task = SegmentationTask(instantiate(cfg.model), instantiate(cfg.loss), cfg.learning_rate)
    trainer: pl.Trainer = instantiate(cfg.trainer)
    trainer.fit(task, _loader(cfg, 48, 3 * cfg.seed, shuffle=True), _loader(cfg, 8, 3 * cfg.seed + 1))
    trainer.test(task, _loader(cfg, 16, 3 * cfg.seed + 2))


if __name__ == "__main__":
    main()
