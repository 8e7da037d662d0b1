"""The error for a user's mistake, apart from the errors of a bug."""


class Mistake(ValueError):
    """A value, a file, a path or a choice that cannot be used, said in one line that names it and the repair.

    The message reads ``argument: expected RULE, got VALUE; REPAIR.`` A command shows it without a traceback. Every
    other exception is a fault of the code, of this package or of a plug-in, and keeps its traceback.
    """
