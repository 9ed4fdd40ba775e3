"""The folder of a client and environment in its bucket, which the policy of Terraform allows and no other."""

from __future__ import annotations

from billing_aggregator.settings.settings import Settings

REMEDY = "begin the key with {client}/{environment}/, or allow its folder in the policy of the role"


def keys_outside_folder(settings: Settings) -> list[str]:
    """Return a problem for each key template whose files would be written outside `<client>/<environment>/`."""
    folder = f"{settings.client_id}/{settings.environment}/"
    keys = zip(("BDA_EXPORT_KEY", "BDA_ARCHIVE_KEY"), settings.export_keys, strict=True)
    return [
        f"{name} leads out of the folder '{folder}', the only one that the policy of terraform/ allows"
        for name, key in keys
        if not key.startswith(folder)
    ]
