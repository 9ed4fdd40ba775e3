"""Holds no DAG. Where `BDA_CLIENTS` names several clients and one of them can have no DAG, Airflow shows an import
error of this file, which says what is wrong with which client. The DAGs of the others are there all the same.
"""

from functools import partial
from pathlib import Path

RELEASE = "1.0.0"
try:
    from billing_aggregator.release import check_release

    # Before anything that an older Airflow does not have.
    check_release(RELEASE)
    from billing_aggregator.definitions.batch_dag import define_batch
    from billing_aggregator.definitions.each_client import check_clients
except ImportError as error:
    raise ImportError(
        f"the packages of release {RELEASE} are not there ({error}): expected Airflow 3.2 or later, and the contents of"
        " plugins/ in its plugins folder; on MWAA upload plugins.zip and update the environment"
    ) from error

check_clients([partial(define_batch, dags_folder=Path(__file__).parent, doc_md="")])
