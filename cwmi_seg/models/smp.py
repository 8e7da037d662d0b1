"""Any architecture and encoder of segmentation-models-pytorch, by name."""

from typing import ClassVar

from torch import Tensor, nn

from cwmi_seg.mistakes import Mistake
from cwmi_seg.models.padding import cropped, padded


class SMPModel(nn.Module):
    """A network of segmentation-models-pytorch that takes images of any size.

    Args:
        in_channels: image channels I.
        num_classes: logit channels C.
        architecture: name as in ``smp.create_model``, for example "unet", "unetplusplus", "deeplabv3plus", "segformer".
        encoder: encoder name, for example "resnet34" or "tu-convnext_tiny".
        encoder_weights: None for random weights; a name such as "imagenet" downloads weights.
        multiple: height and width are padded (borders repeated) to a multiple of it, and the logits cropped back.
        settings: further arguments of the architecture.
    """

    dimensions: ClassVar[tuple[int, ...]] = (2,)

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        architecture: str = "unet",
        encoder: str = "resnet34",
        encoder_weights: str | None = None,
        multiple: int = 32,
        **settings: object,
    ) -> None:
        super().__init__()
        if multiple < 1:
            raise Mistake(f"multiple: expected at least 1, got {multiple}; use for example 32.")
        import segmentation_models_pytorch as smp

        self.multiple = multiple
        try:
            self.network = smp.create_model(
                architecture, encoder, encoder_weights, in_channels=in_channels, classes=num_classes, **settings
            )
        except KeyError as error:
            raise Mistake(
                f"architecture, encoder: expected names known to segmentation-models-pytorch, got {architecture}, "
                f"{encoder} ({str(error)[:200]}); see smp.encoders.get_encoder_names()."
            ) from None
        except OSError as error:  # of the download
            raise Mistake(
                f"encoder_weights: expected weights that can be downloaded, got {encoder_weights}, which cannot "
                f"({' '.join(str(error).split())[:200]}); use encoder_weights=null, or begin once where a network is."
            ) from error

    def forward(self, image: Tensor) -> Tensor:
        """Images B I H W to logits B C H W."""
        return cropped(self.network(padded(image, (self.multiple, self.multiple))), image)
