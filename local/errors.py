"""The one error that the embedded stack shows to its user."""


class StackError(RuntimeError):
    """The embedded stack cannot do what was asked; the text says what was found, where, and what to do."""
