"""What a run is: its parameters, its business date, where it reads and writes, its lock, and its preflight."""
