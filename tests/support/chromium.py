"""Finds the browser of the end-to-end tests."""

from __future__ import annotations

import os
import shutil

VARIABLE = "BDA_CHROMIUM"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# The browser opens pages of this machine only, and runs in containers and as root, too.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-proxy-server",
)


class BrowserNotFoundError(Exception):
    """There is no browser to test with."""


def find_chromium() -> str:
    """The path of the browser: the one that BDA_CHROMIUM names, else the first one found.

    :raises BrowserNotFoundError: there is none; the text says what to do
    """
    named = os.environ.get(VARIABLE)
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found:
        return found
    what = f"{VARIABLE} names {named!r}, which is no program" if named else f"found none of {', '.join(PROGRAMS)}"
    raise BrowserNotFoundError(
        f"the end-to-end tests need Chromium, but {what}. Install it (Debian, Ubuntu: 'apt-get install -y chromium'),"
        f" or set {VARIABLE} to the path of a Chromium or Chrome"
    )
