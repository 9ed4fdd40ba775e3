"""The page "Billing exports" as an application that Airflow's API server mounts: static files that hold no data."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from billing_aggregator.pages.words import words_script

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

# The page runs its own scripts only, talks to its own server only, and is shown in no other site's frame.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # A browser asks again each time, so that it never mixes the files of two releases.
    "Cache-Control": "no-cache",
}
# As the machine's own table of types may say something else.
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class BillingExportsApp:
    """Serves the files of the page.

    It knows no data: in the browser the page asks Airflow's own REST API, with the session of the user. It is built at
    the first request, since every process of Airflow loads plugins, but only the API server serves pages.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every answer, an error too, has the security headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await _routes()(scope, receive, send_with_headers)


@cache
def _routes() -> Starlette:
    import mimetypes

    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    words = Response(words_script(), media_type=MEDIA_TYPES[".js"])

    for suffix, media_type in MEDIA_TYPES.items():
        mimetypes.add_type(media_type, suffix)
    files = StaticFiles(directory=STATIC, html=True)
    return Starlette(routes=[Route("/words.js", lambda _: words), Mount("/", files)])
