"""Several clients in one environment: `BDA_CLIENTS` names them, `BDA_<CLIENT>_<NAME>` is a setting of one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.environment import unknown_variables
from billing_aggregator.settings.kinds import KEY_PART
from billing_aggregator.settings.settings import Settings
from billing_aggregator.settings.shared_places import find_shared_places
from billing_aggregator.settings.variables import VARIABLES
from postgres_to_s3.options.kinds import names_of
from postgres_to_s3.options.problems import RefusedValueError

CLIENTS = "BDA_CLIENTS"
CLIENT_ID = "BDA_CLIENT_ID"
# What a client cannot have of its own.
_SHARED = (CLIENT_ID, CLIENTS)


@dataclass(frozen=True)
class Clients:
    """The clients of an environment.

    :param settings: of each client whose settings are right
    :param errors: of each other client, what is wrong
    :param are_several: `BDA_CLIENTS` is set; else there is one client, and its DAGs have no name of a client
    """

    settings: Mapping[str, Settings] = field(default_factory=dict)
    errors: Mapping[str, SettingsError] = field(default_factory=dict)
    are_several: bool = True


def names_several_clients(environ: Mapping[str, str]) -> bool:
    """Whether `BDA_CLIENTS` is set."""
    return bool(environ.get(CLIENTS, "").strip())


def read_clients(environ: Mapping[str, str]) -> Clients:
    """The settings of all clients; what is wrong with those of one says nothing about the others.

    :raises SettingsError: the list of clients is wrong; without a list: the settings are
    """
    if not names_several_clients(environ):
        settings = Settings.from_environment(environ)
        return Clients({settings.client_id: settings}, are_several=False)
    names = _read_names(environ)
    problems = _unknown_variables(environ, names)
    settings_of: dict[str, Settings] = {}
    for client in names:
        try:
            settings_of[client] = Settings.from_environment(_environment_of(client, environ), is_one_of_many=True)
        except SettingsError as error:
            problems[client] += [name_own_variable(problem, client, environ) for problem in error.problems]
    for client, problem in find_shared_places(settings_of, _own_name):
        problems[client].append(problem)
    errors = {client: SettingsError(found) for client, found in problems.items() if found}
    return Clients({client: each for client, each in settings_of.items() if client not in errors}, errors)


def client_variables(client: str) -> dict[str, str]:
    """The variables that one client may have of its own, each with the variable that it stands for."""
    prefix = f"BDA_{re.sub('[^A-Za-z0-9]', '_', client).upper()}_"
    return {f"{prefix}{name.removeprefix('BDA_')}": name for name in VARIABLES if name not in _SHARED}


def name_own_variable(problem: str, client: str, environ: Mapping[str, str]) -> str:
    """A problem that begins with a variable, under the name by which it was set for the client."""
    found = re.match(r"BDA_\w+", problem)
    own = _own_name(client, found[0]) if found else None
    return f"{own}{problem[len(found[0]) :]}" if found and own in environ else problem


def _read_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    try:
        names = tuple(KEY_PART.read(name) for name in names_of("client").read(environ[CLIENTS]))
    except RefusedValueError as error:
        raise SettingsError([f"{CLIENTS} {error}"]) from None
    problems = []
    if environ.get(CLIENT_ID, "").strip():
        problems.append(f"{CLIENT_ID} and {CLIENTS} are both set: unset {CLIENT_ID}, or name one client only")
    own = {client: client_variables(client).keys() for client in names}
    for client in names:
        if twice := sorted(own[client] & VARIABLES.keys()):
            problems.append(
                f"{CLIENTS}: client {client!r} cannot have this name: {twice[0]} is a setting of all clients"
            )
    for one, other in combinations(names, 2):
        if twice := sorted(own[one] & own[other]):
            problems.append(f"{CLIENTS}: {one!r} and {other!r} cannot both be clients: {twice[0]} would be of either")
    if problems:
        raise SettingsError(problems)
    return names


def _environment_of(client: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables as if this client were the only one."""
    shared = {name: value for name, value in environ.items() if not name.startswith("BDA_") or name in VARIABLES}
    own = {name: environ[given] for given, name in client_variables(client).items() if given in environ}
    return {**shared, **own, CLIENTS: "", CLIENT_ID: client}


def _unknown_variables(environ: Mapping[str, str], names: Sequence[str]) -> dict[str, list[str]]:
    """By client, the variables that nobody reads: a misspelt one is that of the client whose variable it is like."""
    owners = {given: client for client in names for given in client_variables(client)}
    problems: dict[str, list[str]] = {client: [] for client in names}
    for nearest, problem in unknown_variables(environ, {*owners, *VARIABLES}):
        for client in [owners[nearest]] if nearest in owners else names:
            problems[client].append(problem)
    return problems


def _own_name(client: str, name: str) -> str | None:
    """The client's own variable in place of one, None if it can have none."""
    return next((given for given, meant in client_variables(client).items() if meant == name), None)
