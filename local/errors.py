"""The errors that the commands show to their user; the text says what was found, where, and what to do."""


class StackError(RuntimeError):
    """The embedded servers, or what runs on them, cannot do what was asked."""


class EndedError(StackError):
    """A server or a part of Airflow that was running has ended by itself."""
