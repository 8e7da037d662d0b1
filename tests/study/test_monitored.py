import pytest

from cwmi_seg.study.monitored import Monitored, is_of_validation, validated_names


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("val/miou", {"val/miou": 1}),
        ("train/dice/a-b", {"train/dice/a-b": 1}),
        ("val/miou - 0.01*val/betti_0_error", {"val/miou": 1, "val/betti_0_error": -0.01}),
        ("  -val/vi+.5 * val/miou ", {"val/vi": -1, "val/miou": 0.5}),
        ("1e-2*val/a.b", {"val/a.b": 0.01}),
        ("+ 2.*val/a - 3E1*val/b + val/c", {"val/a": 2, "val/b": -30, "val/c": 1}),
    ],
)
def test_what_is_understood(text: str, terms: dict[str, float]) -> None:
    monitored = Monitored.parse(text)
    assert dict(monitored.terms) == terms
    assert monitored.text == text
    assert monitored.is_sum == (list(terms) != [text])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("val/miou * 2", r"not understood from '\* 2' on"),
        ("val/miou val/vi", "not understood from 'val/vi' on"),
        ("val/miou -", "not understood from '-' on"),
        ("val/miou - (val/vi)", r"not understood from '- \(val/vi\)' on"),
        ("val/miou - -2*val/vi", "not understood"),
        ("2 + val/vi", "not understood"),
        ("__import__('os').system('x') + val/a", "not understood"),
        ("val/miou + train/loss", "expected a sum of scores of the validation, val/NAME, got train/loss"),
        ("val/miou + val/miou", "expected each score once"),
        (" ", "not understood"),
    ],
)
def test_what_is_not(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^callbacks.checkpoint.monitor: .*{message}"):
        Monitored.parse(text, "callbacks.checkpoint.monitor")


def test_the_value_is_the_weighted_sum() -> None:
    monitored = Monitored.parse("val/miou - 0.01*val/betti_0_error")
    assert monitored.value({"val/miou": 0.5, "val/betti_0_error": 12.0, "val/x": 1.0}) == pytest.approx(0.38)
    assert monitored.value({"val/miou": 0.5}) is None


def test_names_of_metrics() -> None:
    assert validated_names(["val/miou - 2*val/vi", "train/loss", "val/cldice"]) == {"miou", "vi", "cldice"}
    assert [is_of_validation(text) for text in ("-2*val/vi + val/a", "val/vi", "train/loss")] == [True, True, False]
