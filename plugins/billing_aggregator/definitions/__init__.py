"""The DAGs of a client, made of its settings: what the DAG files define, once for each client."""
