"""Names of blocks and rows."""

from dataclasses import replace

from cwmi_seg.reporting.labels import Synonyms, Wording, labels
from cwmi_seg.study.identity import RunIdentity, run_identity

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


def test_configs_that_differ_in_the_loss_alone_are_one_block() -> None:
    cpu = replace(RUN, loss="dice", hash="b", overrides=("trainer.max_epochs=3", "trainer=cpu"))
    other = replace(RUN, loss="abw", hash="c", overrides=("trainer.max_epochs=3", "trainer.precision=16"))
    shared = {"max_epochs": 3, "precision": 32}
    configs: dict[str, dict[str, object]] = {
        RUN.name: {"loss": {"scale": 1}, "trainer": {**shared, "accelerator": "auto"}},
        cpu.name: {"loss": {"_target_": "dice"}, "trainer": {**shared, "accelerator": "cpu"}},
        other.name: {"loss": {}, "trainer": {**shared, "precision": 16}},
    }
    names = [settings for settings, _ in labels([RUN, cpu, other], configs)]
    assert names == [RUN.overrides[0], RUN.overrides[0], "trainer.max_epochs=3; trainer.precision=16"]


def test_what_is_the_default_of_one_dataset_is_a_setting_of_another() -> None:
    crops = replace(RUN, overrides=("dataset.crop_size=64", "trainer.max_epochs=3"))
    glas, cropped = replace(RUN, dataset="glas", hash="b"), replace(crops, dataset="glas", hash="c", loss="dice")
    names = [settings for settings, _ in labels([RUN, crops, glas, cropped])]
    assert names == [*[RUN.overrides[0]] * 3, "dataset.crop_size=64; trainer.max_epochs=3"]


def test_of_a_repeated_override_the_last_is_kept() -> None:
    config, choices = {"fold": 0, "seed": 0}, {"dataset": "drive", "model": "unet", "loss": "cwmi"}
    run = run_identity(config, choices, ["trainer.max_epochs=5", "+loss.a=1", "trainer.max_epochs=10", "loss.a=2"])
    assert run.overrides == ("loss.a=2", "trainer.max_epochs=10")


def test_wordings_joined_by_way_of_a_third_are_one_set() -> None:
    texts = ("a=1; b=2", "a=1; b=2; c=3", "a=1", "z")
    first, longest, shortest, other = (Wording("drive", "unet", text) for text in texts)
    synonyms = Synonyms()
    synonyms.join([first, longest])
    assert synonyms.shortest(longest) == first
    synonyms.join([longest, shortest])
    assert {synonyms.shortest(wording) for wording in (first, longest, shortest)} == {shortest}
    assert synonyms.shortest(other) == other
