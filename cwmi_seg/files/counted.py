"""Numbers of things in words."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 image``, ``2 images``; ``plural`` is that of a noun that takes more than an s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
