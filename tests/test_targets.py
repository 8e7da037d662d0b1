import pytest

from cwmi_seg.targets import check_targets


def test_own_modules_are_allowed_when_named() -> None:
    config = {"loss": {"_target_": "mine.losses.A", "parts": [{"_target_": "torch.nn.MSELoss"}]}}
    with pytest.raises(
        ValueError, match=r"loss\._target_: mine\.losses\.A is not allowed; add allowed_targets=\[mine\]"
    ):
        check_targets(config)
    check_targets(config, ["mine"])


@pytest.mark.parametrize(
    "target", ["os.system", "torch.load", "torch.hub.load", "pytorch_lightning.core.saving.load", "cwmi_segment.x", 3]
)
def test_what_could_run_foreign_code_is_refused(target: object) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        check_targets({"a": [{"b": {"_target_": target}}]})
