"""One run of a DAG on the command line: its log, its summary, its files."""
