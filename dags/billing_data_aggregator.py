"""
### Billing Data Aggregator

Builds the open items and bookings of each *system* in the Octopus warehouse and exports them to S3 as CSV files.

**When** daily at 02:00 UTC, or triggered by hand. **Per system**: prechecks, init scripts, postchecks, export,
archive, history, cleanup; every task is a script of the tree `include/sql` or an export of its results.

**Trigger it by hand** to pick systems, to try a run that changes nothing (`dry_run`), to set the rows per file or
to repeat an earlier `business_date` (with `allow_past_date`).

**Every task and group explains itself:** open it and press *Documentation*. It says what the task is for, which tables
it reads and writes, which rules it follows and what to do when it fails.

**A task failed?** Its log says what was expected, what was found and in which script. Nothing of a failed export is
visible in S3, the last good one stays, unless the error says that the new one is published. Correct the cause and
*clear* the failed task; re-running a task, a group or the whole run is safe and gives the same files. Errors that may
pass have already been retried. The runbook docs/operations.md goes through it symptom by symptom.

**Needs** the settings `BDA_*` (docs/settings.md) and the Airflow connections `octopus` and `billing_s3`, unless the
settings name the warehouse and the bucket's address.
"""

from functools import partial
from pathlib import Path

RELEASE = "1.0.0"
try:
    from billing_aggregator.release import check_release

    # Before anything that an older Airflow does not have.
    check_release(RELEASE)
    from billing_aggregator.definitions.batch_dag import define_batch
    from billing_aggregator.definitions.each_client import define_for_each_client
except ImportError as error:
    raise ImportError(
        f"the packages of release {RELEASE} are not there ({error}): expected Airflow 3.2 or later, and the contents of"
        " plugins/ in its plugins folder; on MWAA upload plugins.zip and update the environment"
    ) from error

for dag in define_for_each_client(
    Path(__file__).stem, partial(define_batch, dags_folder=Path(__file__).parent, doc_md=__doc__)
):
    globals()[dag.dag_id] = dag
