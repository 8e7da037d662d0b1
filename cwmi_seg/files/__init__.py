"""Files that a reader never sees half written, and what may stand in those of a stranger: names, text, values."""
