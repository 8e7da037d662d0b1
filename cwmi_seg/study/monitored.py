"""The score that chooses the best epoch: a logged value, or a weighted sum of scores of the validation.

    val/miou
    val/miou - 0.01 * val/betti_0_error
    0.5*val/cldice + 0.5*val/miou

A sum is terms with ``+`` or ``-`` between them, and a term a name or NUMBER * NAME; nothing else is understood, no
brackets and no functions. The sum is logged under its own text, so that everything which looks at a monitor finds it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cwmi_seg.mistakes import Mistake

VALIDATION = "val/"
_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TERM = re.compile(rf"\s*(?P<sign>[+-])?\s*(?:(?P<weight>{_NUMBER})\s*\*\s*)?(?P<name>[A-Za-z_][\w./]*)\s*")
_OF_SUMS = re.compile(r"[\s*+]")
"""What the text of a sum has and a name has not."""


@dataclass(frozen=True)
class Monitored:
    """``text`` as it stands in the config, and what it means: the weight of each logged value."""

    text: str
    terms: tuple[tuple[str, float], ...]

    @classmethod
    def parse(cls, text: str, key: str = "monitor") -> "Monitored":
        """Read a monitor.

        Args:
            text: a name, or a sum.
            key: of the config, for the message.

        Raises:
            ValueError: it begins as a sum, and is none.
        """
        if not _OF_SUMS.search(text):
            return cls(text, ((text, 1.0),))
        terms: list[tuple[str, float]] = []
        place = 0
        while place < len(text):
            found = _TERM.match(text, place)
            if found is None or (terms and found["sign"] is None):
                raise Mistake(
                    f"{key}: expected a name or a sum such as val/miou - 0.01 * val/betti_0_error, got {text!r}, not "
                    f"understood from {text[place:].strip()[:20]!r} on; use names, numbers, * and + or - only."
                )
            terms.append((found["name"], (-1.0 if found["sign"] == "-" else 1.0) * float(found["weight"] or 1)))
            place = found.end()
        names = [name for name, _ in terms]
        if others := [name for name in names if not name.startswith(VALIDATION)]:
            raise Mistake(f"{key}: expected a sum of scores of the validation, val/NAME, got {others[0]}; name those.")
        if len(set(names)) < len(names):
            raise Mistake(f"{key}: expected each score once, got {text!r}; add up its weights.")
        return cls(text, tuple(terms))

    @property
    def is_sum(self) -> bool:
        """Whether it has to be computed from what is logged."""
        return self.terms != ((self.text, 1.0),)

    def value(self, values: Mapping[str, float]) -> float | None:
        """The sum, None where a term is missing."""
        if any(name not in values for name, _ in self.terms):
            return None
        return sum(weight * values[name] for name, weight in self.terms)


def is_of_validation(monitor: str) -> bool:
    """Whether a logged value, which may be a sum, is one of the validation."""
    return VALIDATION in monitor


def validated_names(monitors: Iterable[str]) -> set[str]:
    """The metrics, without ``val/``, that monitors need of a validation."""
    terms = [name for text in monitors for name, _ in Monitored.parse(text).terms]
    return {name.removeprefix(VALIDATION) for name in terms if name.startswith(VALIDATION)}
