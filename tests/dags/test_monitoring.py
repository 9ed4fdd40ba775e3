"""What whoever is on call, a dashboard and a log search get of whole runs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.dags.dag_runs import DagRunner
from tests.support.aws_server import AwsServer, aws_server, refusing_address
from tests.support.script_files import write_file
from tests.support.statsd_listener import StatsdListener, statsd_listener

CLIENT = "airflow.billing_data_aggregator.enercity.local"


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with aws_server() as server:
        yield server


@pytest.fixture
def settings(aws: AwsServer) -> dict[str, str]:
    """Those of a deployment that tells and measures."""
    return {
        **aws.environment,
        "BDA_ALERT_TOPIC_ARN": aws.topic_arn,
        "BDA_METRICS_NAMESPACE": "Billing",
        "AIRFLOW__API__BASE_URL": "https://airflow.example.com/",
        # Airflow runs a DAG with a deadline to its end with a scheduler only.
        "BDA_SCHEDULE": "off",
    }


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsdListener]:
    with statsd_listener(monkeypatch) as listener:
        yield listener


def test_a_failure_is_told_while_the_run_goes_on_and_once_more_with_all_causes_at_its_end(
    runner: DagRunner, aws: AwsServer, settings: dict[str, str], statsd: StatsdListener
) -> None:
    write_file(runner.scripts, "init/alpha/020_unknown_table.sql", "select amount from nowhere;")
    write_file(runner.scripts, "postchecks/gamma/010_totals.sql", "select false as totals_agree")

    run = runner.run(settings=settings)

    first, last = aws.messages()
    run_id = last.attributes["run_id"]
    events = {"alpha.init.020_unknown_table": "task_failed", "gamma.postchecks.010_totals": "check_refused"}
    (told,) = first.attributes["task_id"]
    assert first.attributes["event"] == events[told]
    assert first.subject.startswith(f"enercity local: {told} ")
    assert "the run goes on" in first.text
    assert last.subject == "enercity local: the run failed in alpha.init.020_unknown_table and 1 more"
    for text in ("init/alpha/020_unknown_table.sql", "'totals_agree' is not true", "What to do: correct the cause"):
        assert text in last.text
    assert f"https://airflow.example.com/dags/billing_data_aggregator/runs/{quote(run_id)}\n" in last.text
    assert last.attributes["severity"] == "critical"
    assert last.attributes["system"] == ["alpha", "gamma"]
    assert last.attributes["task_id"] == ["alpha.init.020_unknown_table", "gamma.postchecks.010_totals"]
    assert run.state == "failed"
    lines = statsd.lines()
    assert {f"{CLIENT}.run_failed:1|c", f"{CLIENT}.refused_checks:1|g", f"{CLIENT}.beta.system_failed:1|c"} <= {*lines}


def test_an_export_that_shrank_is_told_and_measured_and_nobody_needs_to_hear_it(
    runner: DagRunner,
    aws: AwsServer,
    settings: dict[str, str],
    statsd: StatsdListener,
    caplog: pytest.LogCaptureFixture,
) -> None:
    nobody = dict.fromkeys(("AWS_ENDPOINT_URL_SNS", "AWS_ENDPOINT_URL_CLOUDWATCH"), refusing_address())
    before = runner.run(settings=settings | nobody, systems=["alpha", "gamma"])
    assert before.state == "success"
    (warning,) = [line for line in caplog.messages if "the run goes on without it" in line]
    assert warning.startswith("Sending metrics to CloudWatch failed")
    statsd.lines()
    write_file(runner.scripts, "init/alpha/020_less.sql", "delete from report_oibl.alpha_results where id > 3;")

    run = runner.run(settings=settings, systems=["alpha", "gamma"])

    (message,) = aws.messages()
    assert run.state == "success"
    assert message.attributes["event"] == "export_shrunk"
    assert "3 rows, 5 in the export before" in message.text
    metrics = aws.metrics("Billing")
    assert metrics["ShrunkExports", ""] == (1, "Count")
    assert metrics["SystemRows", "gamma"] == (2, "Count")
    lines = statsd.lines()
    assert {f"{CLIENT}.run_succeeded:1|c", f"{CLIENT}.alpha.system_rows:3|g", f"{CLIENT}.exported_files:2|g"} <= {
        *lines
    }
