"""
### Billing Data Health Check

Looks at settings and scripts, warehouse and rights, bucket, lock and last exports. It may run at any time, beside a
run that builds, too: it changes nothing, waits for nobody, and removes the empty object that it writes to the bucket.

**When** by hand: after a deployment, after a change of passwords, or before a repair is tried.

**It failed?** The tasks do not depend on each other: the log of each holds a table of what was found, and of what to
do. `run_lock` tells which run is building just now, `exports` when each system was last exported.
"""

from functools import partial
from pathlib import Path

RELEASE = "1.0.0"
try:
    from billing_aggregator.release import check_release

    # Before anything that an older Airflow does not have.
    check_release(RELEASE)
    from billing_aggregator.definitions.each_client import define_for_each_client
    from billing_aggregator.definitions.health_dag import define_health_check
except ImportError as error:
    raise ImportError(
        f"the packages of release {RELEASE} are not there ({error}): expected Airflow 3.2 or later, and the contents of"
        " plugins/ in its plugins folder; on MWAA upload plugins.zip and update the environment"
    ) from error

for dag in define_for_each_client(
    Path(__file__).stem, partial(define_health_check, dags_folder=Path(__file__).parent, doc_md=__doc__)
):
    globals()[dag.dag_id] = dag
