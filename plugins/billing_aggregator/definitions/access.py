"""Who may see and trigger the DAGs of a client."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

Permissions: TypeAlias = dict[str, dict[str, set[str]]]


def access_control(roles: Collection[str]) -> Permissions | None:
    """The permissions as Airflow's auth manager with roles (FAB, that of Amazon MWAA) reads them.

    :return: None without roles: only those may see the DAG that may see all
    """
    may = {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_create"}}
    return {role: dict(may) for role in roles} or None
