"""Defines a DAG for each client, and finds the clients that can have none."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from airflow.sdk import DAG, get_parsing_context

from billing_aggregator.errors import ClientsError, ScriptTreeError, SettingsError
from billing_aggregator.monitoring.log_level import set_log_level
from billing_aggregator.settings.clients import name_own_variable, names_several_clients, read_clients
from billing_aggregator.settings.settings import Settings

log = logging.getLogger(__name__)


class Define(Protocol):
    """Defines a DAG of a client."""

    def __call__(self, settings: Settings, dag_id: str, /) -> DAG:
        """The DAG."""


def define_for_each_client(base_id: str, define: Define) -> list[DAG]:
    """The DAGs of all clients: one of several is `<base_id>_<client>`, the only one `<base_id>`.

    Airflow finds them where the DAG file gives each a name.

    What is wrong with one of several clients does not keep the others from having their DAGs; a DAG file of its own
    shows it (`check_clients`). A task's process defines the DAG of its own client only.

    :raises SettingsError, ScriptTreeError: what is wrong with the only client, or with the list of clients
    """
    clients = read_clients(os.environ)
    if not clients.are_several:
        _prepare(clients.settings.values())
        return [define(settings, base_id) for settings in clients.settings.values()]
    wanted = get_parsing_context().dag_id
    named = {f"{base_id}_{client}": settings for client, settings in clients.settings.items()}
    chosen = {dag_id: settings for dag_id, settings in named.items() if wanted in (None, dag_id)}
    _prepare(chosen.values())
    return list(_define_several(chosen, define))


def _define_several(chosen: Mapping[str, Settings], define: Define) -> Iterator[DAG]:
    for dag_id, settings in chosen.items():
        try:
            yield define(settings, dag_id)
        except Exception:
            log.exception("Client %r has no DAG %r", settings.client_id, dag_id)


def check_clients(defines: Sequence[Define]) -> None:
    """Check that each of several clients can have its DAGs.

    Airflow takes all DAGs of a file with an import error out of its schedule. So this is for a file without DAGs.

    :raises ClientsError: what is wrong, by client
    """
    if not names_several_clients(os.environ):
        # The other files tell what is wrong with the only one.
        return
    clients = read_clients(os.environ)
    problems = [f"{client}: {problem}" for client, error in clients.errors.items() for problem in error.problems]
    for client, settings in clients.settings.items():
        for number, define in enumerate(defines):
            try:
                define(settings, f"client_{number}")
            except (SettingsError, ScriptTreeError) as error:
                problems += [f"{client}: {name_own_variable(each, client, os.environ)}" for each in error.problems]
            except Exception as error:
                problems.append(f"{client}: {type(error).__name__}: {error}")
    if problems:
        raise ClientsError(problems)


def _prepare(chosen: Collection[Settings]) -> None:
    """Offer Airflow the connections of these clients, whose ids differ, and log what the most curious of them wants."""
    for settings in chosen:
        os.environ.update(settings.connection_variables())
    if chosen:
        set_log_level(min(settings.logging_level for settings in chosen))
