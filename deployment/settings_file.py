"""Reads the settings file of an environment: what its startup script exports, and where the package goes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.clients import Clients, name_own_variable, read_clients
from billing_aggregator.settings.settings import FOLDER_REMEDY
from billing_aggregator.settings.variables import SECRETS
from deployment.errors import DeploymentError

ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
EXPORTED = ("BDA_", "AIRFLOW__")
SECRET_NAMES = ("_PASSWORD", "_SECRET", "_SECRET_KEY", "_TOKEN", "_FERNET_KEY", "_SQL_ALCHEMY_CONN", "_RESULT_BACKEND")
SECRET_VALUES = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|://[^/@\s]*:[^/@\s]+@")
SECRETS_BELONG = "put it into AWS Secrets Manager (docs/deployment.md, 'The secrets'), and remove it here"


@dataclass(frozen=True)
class Target:
    """Where the package goes; the variable of a field is its name in capitals after `MWAA_`.

    :param environment: name of the MWAA environment
    :param bucket: the bucket that the environment reads
    :param region: the region of both
    :param version: the version of Airflow that the environment runs
    """

    environment: str
    bucket: str
    region: str
    version: str


TARGET_VARIABLES = tuple(f"MWAA_{field.name.upper()}" for field in fields(Target))


@dataclass(frozen=True)
class DeploymentSettings:
    """One environment: the target of its package, and the variables that its startup script exports.

    :param warnings: what is allowed, but probably an oversight
    """

    name: str
    target: Target
    exported: Mapping[str, str]
    warnings: Sequence[str] = ()


def read_settings(folder: Path, name: str) -> DeploymentSettings:
    """Read `<name>.env` in the folder and check all of it, as the DAG files will in the environment.

    :raises DeploymentError: the file does not exist, or with every problem in it
    """
    path = folder / f"{name}.env"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.env"))) or "none"
        raise DeploymentError(f"There is no settings file '{path}': write it, or choose an environment of: {known}")
    variables, problems = _assignments(path.read_text(encoding="utf-8").splitlines())
    exported = {key: value for key, value in variables.items() if key.startswith(EXPORTED)}
    problems += [f"{key} is required but not set" for key in TARGET_VARIABLES if not variables.get(key)]
    problems += [problem for key, value in variables.items() if (problem := _problem(key, value))]
    # A secret is refused as such; what the pipeline says about it would be a second word on the same line.
    problems += _problems_of_pipeline(exported) if not any(SECRETS_BELONG in each for each in problems) else []
    if problems:
        raise DeploymentError("\n".join([f"Correct '{path}':", *(f"  - {each}" for each in problems)]))
    target = {field.name: variables[f"MWAA_{field.name.upper()}"] for field in fields(Target)}
    return DeploymentSettings(name, Target(**target), exported, _warnings(exported))


def _assignments(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    variables: dict[str, str] = {}
    problems = []
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        found = ASSIGNMENT.fullmatch(line)
        if not found:
            problems.append(f"line {number}: expected NAME=value or a comment after #")
        elif found[1] in variables:
            problems.append(f"line {number}: {found[1]} is set a second time")
        elif found[2].startswith(("'", '"')) or " #" in found[2]:
            problems.append(f"line {number}: a value stands without quotes, and a comment on a line of its own")
        else:
            variables[found[1]] = found[2].strip()
    return variables, problems


def _problem(name: str, value: str) -> str | None:
    """What is wrong with a variable by its name or because of a secret; never shows the value.

    A setting of one client of several, `BDA_<CLIENT>_<NAME>`, ends as the setting does.
    """
    if not name.startswith(EXPORTED) and name not in TARGET_VARIABLES:
        if name.startswith("AIRFLOW_CONN_"):
            return f"{name} is a connection, which holds a secret: {SECRETS_BELONG}"
        return f"{name} is not known: expected BDA_* or AIRFLOW__*, or one of {', '.join(TARGET_VARIABLES)}"
    is_secret = name.startswith("BDA_") and name.endswith(tuple(secret.removeprefix("BDA") for secret in SECRETS))
    if is_secret or name.endswith(SECRET_NAMES) or SECRET_VALUES.search(value):
        return f"{name} holds a secret: {SECRETS_BELONG}"
    return None


def _problems_of_pipeline(exported: Mapping[str, str]) -> list[str]:
    try:
        clients = _clients(exported)
    except SettingsError as error:
        return list(error.problems)
    return [problem for error in clients.errors.values() for problem in error.problems]


def _warnings(exported: Mapping[str, str]) -> list[str]:
    return [
        f"{name_own_variable(problem, client, exported)}: {FOLDER_REMEDY}"
        for client, settings in _clients(exported).settings.items()
        for problem in settings.keys_outside_folder
    ]


def _clients(exported: Mapping[str, str]) -> Clients:
    return read_clients({**exported, "AWS_EXECUTION_ENV": "Amazon_MWAA"})
