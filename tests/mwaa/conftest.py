"""Fixtures of the emulated MWAA: its images, the package of this checkout, and environments that run it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet
from moto.server import ThreadedMotoServer

from local.servers.stack import Stack
from tests.mwaa.deployed import Deployed, Site, deploy
from tests.support.airflow_image import NEWEST, AirflowImage, airflow_image, find_python

# The images of MWAA first: the other ones must export the same bytes as the first.
MWAA = (("3.3.1", "3.12"), ("3.2.1", "3.12"))
CI = (*MWAA, (NEWEST, "3.13"))
OTHERS = (
    ("3.3.1", "3.11"),
    ("3.3.1", "3.13"),
    ("3.2.1", "3.11"),
    ("3.2.1", "3.13"),
    (NEWEST, "3.11"),
    (NEWEST, "3.12"),
)
CHOICES = {"mwaa": MWAA, "ci": CI, "all": (*CI, *OTHERS)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which versions of Airflow and Python are tried."""
    parser.addoption("--airflows", choices=sorted(CHOICES), default="mwaa", help="of MWAA, of CI, or all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for an image on each of them, or on those of MWAA; a missing Python is reported."""
    chosen = CHOICES[metafunc.config.getoption("--airflows")]
    for fixture, pairs in (("image", chosen), ("mwaa_image", MWAA)):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, [_parameter(*pair) for pair in pairs], indirect=True, scope="session")


def _parameter(airflow: str, python: str) -> ParameterSet:
    missing = pytest.mark.skip(f"there is no Python {python}: install it, or let pyenv do so")
    return pytest.param(
        (airflow, python),
        id=f"airflow-{airflow}-python-{python}",
        marks=[] if find_python(python) else missing,
    )


@pytest.fixture(scope="session")
def image(request: pytest.FixtureRequest) -> AirflowImage:
    """An installed Airflow, with the packages of MWAA's constraints where it is a version of MWAA."""
    return airflow_image(*request.param, "mwaa")


@pytest.fixture(scope="session")
def mwaa_image(request: pytest.FixtureRequest) -> AirflowImage:
    """An image of MWAA."""
    return airflow_image(*request.param, "mwaa")


@pytest.fixture(scope="session")
def first_image() -> AirflowImage:
    """The newest image of MWAA, for tests that need no other one."""
    return airflow_image(*MWAA[0], "mwaa")


@pytest.fixture(scope="session")
def secrets_manager() -> Iterator[str]:
    """The address of a Secrets Manager."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def site(stack: Stack, sample_template: str, secrets_manager: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """What all environments share: the servers, and what was deployed to them so far."""
    return Site(stack, sample_template, secrets_manager, tmp_path_factory)


@pytest.fixture
def deployed(site: Site, image: AirflowImage) -> Deployed:
    """An environment with this image, on which the package of this checkout runs; one for the whole session."""
    return deploy(site, image)


@pytest.fixture
def mwaa_deployed(site: Site, mwaa_image: AirflowImage) -> Deployed:
    """An environment with this image of MWAA."""
    return deploy(site, mwaa_image)


@pytest.fixture
def first_deployed(site: Site, first_image: AirflowImage) -> Deployed:
    """The environment with the newest image of MWAA."""
    return deploy(site, first_image)
