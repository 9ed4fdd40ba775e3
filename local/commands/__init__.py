"""The commands of `python -m local`, one module each; a module is what `Command` in command_line.py describes."""
