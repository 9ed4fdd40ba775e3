"""ExportKeys: the keys of an export's files, and which keys of a bucket belong to it."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.keys import ExportKeys

TEMPLATE = "enercity/prod/tripica_tripica_results_{chunk:04d}.csv"


@pytest.mark.parametrize(
    ("template", "index", "key"),
    [
        pytest.param(TEMPLATE, 0, "enercity/prod/tripica_tripica_results_0000.csv", id="first"),
        pytest.param(TEMPLATE, 12, "enercity/prod/tripica_tripica_results_0012.csv", id="padded"),
        pytest.param(TEMPLATE, 12345, "enercity/prod/tripica_tripica_results_12345.csv", id="beyond-the-padding"),
        pytest.param("x/{chunk}.csv", 7, "x/7.csv", id="plain"),
        pytest.param("x/{chunk:02d}/part.csv", 7, "x/07/part.csv", id="number-in-a-folder"),
    ],
)
def test_a_chunk_has_the_key_of_its_number(template: str, index: int, key: str) -> None:
    assert ExportKeys(template).chunk(index) == key


@pytest.mark.parametrize(
    ("template", "manifest"),
    [
        pytest.param(TEMPLATE, "enercity/prod/tripica_tripica_results.manifest.json", id="underscore"),
        pytest.param("x/results-{chunk}.csv", "x/results.manifest.json", id="dash"),
        pytest.param("x/results{chunk}.csv", "x/results.manifest.json", id="nothing-before-the-number"),
    ],
)
def test_the_manifest_is_named_after_the_export(template: str, manifest: str) -> None:
    assert ExportKeys(template).manifest == manifest


def test_a_digit_before_the_number_is_refused() -> None:
    # Chunk 20000 of orders{chunk:04d}.csv would be chunk 0 of orders2{chunk:04d}.csv.
    with pytest.raises(ValueError, match="must not have a digit right before the chunk number"):
        ExportKeys("x/orders2{chunk:04d}.csv")


@pytest.mark.parametrize("index", [0, 1, 9999, 10000, 123456])
def test_an_export_owns_its_chunks(index: int) -> None:
    keys = ExportKeys(TEMPLATE)

    assert keys.owns(keys.chunk(index))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("enercity/prod/tripica_tripica_results.manifest.json", id="manifest"),
        pytest.param("enercity/prod/tripica_tripica_results_0000.csv.bak", id="longer-ending"),
        pytest.param("enercity/prod/tripica_tripica_results_0000.csv.gz.gz", id="compressed-twice"),
        pytest.param("enercity/prod/tripica_tripica_results_0000.txt", id="other-ending"),
        pytest.param("enercity/prod/tripica_tripica_results_old_0000.csv", id="longer-name"),
        pytest.param("enercity/prod/tripica_tripica_results_000.csv", id="fewer-digits"),
        pytest.param("enercity/prod/tripica_tripica_results_00001.csv", id="more-zeros"),
        pytest.param("enercity/prod/tripica_tripica_results_٠٠٠١.csv", id="digits-of-another-script"),
        pytest.param("enercity/prod/tripica_tripica_results_.csv", id="no-number"),
        pytest.param("enercity/prod/tripica_tripica_results_0000xcsv", id="dot-is-a-dot"),
        pytest.param("q-cells/prod/tripica_tripica_results_0000.csv", id="other-client"),
        pytest.param("enercity/prod/tripica_tripica_results_0000.csv\n", id="line-break"),
    ],
)
def test_an_export_does_not_own_similar_keys(key: str) -> None:
    assert not ExportKeys(TEMPLATE).owns(key)


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("x/results.csv", id="no-field"),
        pytest.param("x/{chunk}_{chunk}.csv", id="field-twice"),
        pytest.param("x/{chunk}_{name}.csv", id="another-field"),
        pytest.param("x/{chunk:04x}.csv", id="hexadecimal"),
        pytest.param("x/{chunk:4d}.csv", id="padded-with-blanks"),
        pytest.param("x/{{chunk}}.csv", id="escaped"),
        pytest.param("x/{chunk", id="open-brace"),
        pytest.param("", id="empty"),
    ],
)
def test_a_template_needs_exactly_one_chunk_number(template: str) -> None:
    with pytest.raises(ValueError, match=r"exactly one field, '\{chunk\}'.*found") as raised:
        ExportKeys(template)

    assert repr(template) in str(raised.value)
