"""The code in README.md and docs/*.md: python blocks, and the lines of shell blocks."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [page for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))]
_INLINE = re.compile(r"`(?:\w+=\S+ )?((?:python|make) [^`]+)`")
_FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", re.M | re.S)


def python_blocks(page: Path) -> list[str]:
    """Fenced blocks marked ``python``, in order."""
    return [code for language, code in _FENCE.findall(page.read_text()) if language == "python"]


def shell_lines(page: Path) -> list[str]:
    """Commands of shell blocks, of unmarked and indented ones, without prompts and comments; ``\\`` joins lines.

    Of code within a sentence, what starts with ``python`` or ``make``.
    """
    text = page.read_text()
    fenced = "".join(code for language, code in _FENCE.findall(text) if language in ("", "bash", "sh", "console"))
    indented = "\n".join(line for line in _FENCE.sub("", text).splitlines() if line.startswith("    "))
    joined = re.sub(r"\\\n\s*", " ", f"{fenced}\n{indented}")
    lines = (re.sub(r"\s#.*$", "", line.strip().removeprefix("$ ")).strip() for line in joined.splitlines())
    inline = [" ".join(code.split()) for code in _INLINE.findall(_FENCE.sub("", text))]
    return [*(line for line in lines if re.match(r"(cwmi-\w+|python|make)\b", line)), *inline]
