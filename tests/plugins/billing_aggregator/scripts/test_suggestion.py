"""An unknown name comes with the known one that was probably meant."""

from __future__ import annotations

import pytest

from billing_aggregator.scripts.suggestion import suggest


@pytest.mark.parametrize(
    ("name", "known", "end"),
    [
        ("tripca", ("bookkeeper", "tripica"), "; did you mean 'tripica'?"),
        ("zzz", ("tripica", "bookkeeper"), "; there are: bookkeeper, tripica"),
        ("zzz", (), "; there are: none"),
    ],
)
def test_the_nearest_name_is_suggested_or_all_are_listed(name: str, known: tuple[str, ...], end: str) -> None:
    assert suggest(name, known) == end
