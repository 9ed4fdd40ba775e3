"""The errors that the commands show to their user; the text says what was found, where, and what to do."""


class DeploymentError(RuntimeError):
    """The package cannot be built or deployed as asked."""
