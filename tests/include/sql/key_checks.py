"""The checks that no key of the sources repeats, by system."""

from __future__ import annotations

KEY_CHECKS = {
    "tripica": "prechecks/tripica/030_check_keys.sql",
    "bookkeeper": "prechecks/bookkeeper/030_check_keys.sql",
    "bookings": "prechecks/bookings/020_check_keys.sql",
}
