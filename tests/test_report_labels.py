"""Names of blocks and rows."""

from dataclasses import replace

from cwmi_seg.reporting.labels import labels
from cwmi_seg.study.identity import RunIdentity

RUN = RunIdentity("drive", "unet", "cwmi", 0, 0, "aaaaaaaa", ("trainer.max_epochs=3",))


def test_overrides_of_the_loss_belong_to_the_row() -> None:
    run = replace(RUN, overrides=("+loss.scale=1", "loss.num_scales=3", "trainer.max_epochs=3"))
    assert labels([RUN, run]) == [
        ("trainer.max_epochs=3", "cwmi"),
        ("trainer.max_epochs=3", "cwmi (scale=1, num_scales=3)"),
    ]


def test_other_settings_make_another_block() -> None:
    assert labels([RUN, replace(RUN, hash="b", overrides=("model.width=8",))])[1] == ("model.width=8", "cwmi")


def test_one_hash_has_one_name() -> None:
    gpu = replace(RUN, fold=1, overrides=("trainer.max_epochs=3", "trainer=gpu"))
    dice = replace(gpu, loss="dice", hash="b")
    assert labels([RUN, gpu, dice]) == [
        (RUN.overrides[0], "cwmi"),
        (RUN.overrides[0], "cwmi"),
        (RUN.overrides[0], "dice"),
    ]


def test_equal_overrides_of_unequal_configs_are_told_apart() -> None:
    assert [row for _, row in labels([RUN, replace(RUN, hash="b", seed=1)])] == ["cwmi [aaaaaaaa]", "cwmi [b]"]
