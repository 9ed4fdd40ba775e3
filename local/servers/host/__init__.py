"""What servers need of this machine: a user, a folder, a lock, passwords, processes and signals."""
