"""The files on their way: rows become chunks, chunks become parts."""
