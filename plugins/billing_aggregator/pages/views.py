"""Where Airflow's UI shows the page: in its navigation, and as a tab of a DAG and of a run."""

from __future__ import annotations

from billing_aggregator.pages.app import BillingExportsApp

NAME = "Billing exports"
ROUTE = "billing-exports"
_ICONS = {"icon": f"{ROUTE}/icon.svg", "icon_dark_mode": f"{ROUTE}/icon-dark.svg"}

# Addresses are relative, so that they hold behind any path; Airflow fills in what is in braces.
_PLACES = {
    "nav": (ROUTE, f"{ROUTE}/"),
    "dag": (f"{ROUTE}-dag", f"{ROUTE}/?dag_id={{DAG_ID}}"),
    "dag_run": (f"{ROUTE}-run", f"{ROUTE}/?dag_id={{DAG_ID}}&run_id={{RUN_ID}}"),
}


def fastapi_apps() -> list[dict[str, object]]:
    """The application, as a plugin of Airflow names it."""
    return [{"app": BillingExportsApp(), "url_prefix": f"/{ROUTE}", "name": NAME}]


def external_views() -> list[dict[str, object]]:
    """The places of the page, as a plugin of Airflow names them."""
    return [
        {
            "name": NAME,
            "destination": place,
            "url_route": route,
            "href": href,
            "nav_top_level": place == "nav",
            **_ICONS,
        }
        for place, (route, href) in _PLACES.items()
    ]
