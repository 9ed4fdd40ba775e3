"""A task's id is read as it was made."""

from __future__ import annotations

import pytest

from billing_aggregator.scripts.stages import Kind
from billing_aggregator.scripts.task_names import TaskName


@pytest.mark.parametrize(
    ("task_id", "name"),
    [
        ("preflight", TaskName("preflight")),
        ("tripica.export", TaskName("export", "tripica")),
        ("tripica.init.010_prepare", TaskName("init", "tripica", "010_prepare")),
        ("tripica.init.010.1_prepare", TaskName("init", "tripica", "010.1_prepare")),
    ],
)
def test_an_id_is_read_as_it_was_made(task_id: str, name: TaskName) -> None:
    assert TaskName.of(task_id) == name
    assert str(name) == task_id


def test_the_kind_of_a_task_is_that_of_its_stage() -> None:
    assert TaskName.of("tripica.postchecks.100_sums").kind is Kind.CHECK
    assert TaskName.of("tripica.verify").kind is Kind.EXPORT
    assert TaskName.of("report").kind is Kind.RUN
    assert TaskName.of("tripica.of_another_release.x").kind is None
