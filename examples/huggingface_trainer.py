"""SegFormer in the Trainer of Hugging Face with the CWMI loss (pip install transformers accelerate).

The network gives logits at a quarter of the size of the labels; they are enlarged before the loss.

python examples/huggingface_trainer.py
"""

import tempfile
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import SegformerConfig, SegformerForSemanticSegmentation, Trainer, TrainingArguments, set_seed

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.losses import CWMILoss

cwmi = CWMILoss(ignore_index=255)


def loss(outputs: Any, labels: Tensor, num_items_in_batch: Any = None) -> Tensor:
    """What Trainer calls as ``compute_loss_func``; labels B H W, 255 where there are none."""
    logits = F.interpolate(outputs.logits, labels.shape[-2:], mode="bilinear")
    return cwmi(logits, labels)


def main() -> None:
    set_seed(0)
    images = SyntheticImages("vessels", size=64, num_train=8)
    pairs = [images.read(index) for index in range(8)]
    samples = [
        {"pixel_values": image[..., 0][None].repeat(3, 0).astype(np.float32) / 255, "labels": mask.astype(np.int64)}
        for image, mask in pairs
    ]
    config = SegformerConfig(num_labels=2, hidden_sizes=[16, 32, 40, 64], depths=[1, 1, 1, 1], decoder_hidden_size=32)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=5,
            per_device_train_batch_size=4,
            learning_rate=3e-3,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
            log_level="error",
        )
        model = SegformerForSemanticSegmentation(config)
        trainer = Trainer(model, arguments, train_dataset=samples, compute_loss_func=loss)
        trainer.train()
    values = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    print(f"loss {values[0]:.3f} -> {values[-1]:.3f}")


if __name__ == "__main__":
    main()
