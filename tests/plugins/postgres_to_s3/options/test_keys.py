"""ExportKeys: the keys of an export's files, and which keys of a bucket belong to it."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from postgres_to_s3.options.keys import PLAIN_KEY_RULE, ExportKeys, fill_key, key_rules

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


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("../x_{chunk}.csv", id="above"),
        pytest.param("x/../y_{chunk}.csv", id="above-in-between"),
        pytest.param("./x_{chunk}.csv", id="here"),
        pytest.param("x\n_{chunk}.csv", id="line-break"),
        pytest.param("x\x7f_{chunk}.csv", id="control-character"),
        pytest.param("x_{chunk}.sql", id="name-of-a-file"),
    ],
)
def test_a_key_that_means_something_else_to_programs_on_the_way_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=re.escape(PLAIN_KEY_RULE)):
        ExportKeys(template)
    assert PLAIN_KEY_RULE in key_rules(template, (), ())


@pytest.mark.parametrize("template", ["x/a..b_{chunk}.csv", "x/.hidden/ä_{chunk}.csv", "x/sql_{chunk}.sql.csv"])
def test_dots_in_names_are_fine(template: str) -> None:
    assert ExportKeys(template).template == template
    assert key_rules(template, (), ()) == []


@pytest.mark.parametrize(
    ("template", "rule"),
    [
        ("{a}_{b}.csv", "must hold the chunk number exactly once"),
        ("{chunk}_{a}.csv", "must hold {a} before the chunk number"),
        ("{a}_{c}_{chunk}.csv", "may hold no other fields than {a}, {b} and {chunk}"),
        ("{a}{chunk}.csv", "must have a character such as '_' right before the chunk number"),
        ("{a}_1{chunk}.csv", "must have a character such as '_' right before the chunk number"),
        ("/{a}_{chunk}.csv", "must not begin with '/' nor end in '.gz'"),
        ("{a}_{chunk}.csv.gz", "must not begin with '/' nor end in '.gz'"),
    ],
)
def test_a_template_of_a_deployment_keeps_exports_apart(template: str, rule: str) -> None:
    assert [found.startswith(rule) for found in key_rules(template, ("a",), ("b",))] == [True]


def test_the_fields_of_a_template_are_filled_but_for_the_chunk_number() -> None:
    assert fill_key("{a}/{b}_{chunk:04d}.csv", {"a": "x", "chunk": "y"}) == "x/{b}_{chunk:04d}.csv"


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        pytest.param("x/a_{chunk:04d}.csv", "x/a_{chunk:05d}.csv", "x/a.manifest.json", id="width"),
        pytest.param("x/a_{chunk}.csv", "x/a_{chunk}.txt", "x/a.manifest.json", id="ending"),
        pytest.param("x/a_{chunk}.csv", "x/a-{chunk}.csv", "x/a.manifest.json", id="separator"),
        pytest.param("x/a_{chunk}_5.csv", "x/a_0000_{chunk}.csv", "x/a_0000_5.csv", id="chunk-of-both"),
        pytest.param("x/a_{chunk}.manifest.json", "x/a_7_{chunk}.csv", "x/a_7.manifest.json", id="manifest-as-chunk"),
        pytest.param("x/a_{chunk}.csv", "y/a_{chunk}.csv", None, id="folder"),
        pytest.param("x/a_{chunk}.csv", "x/ab_{chunk}.csv", None, id="longer-name"),
        pytest.param("x/a_{chunk}.csv", "x/a_b_{chunk}.csv", None, id="longer-name-after-separator"),
        pytest.param("x/a_{chunk}.csv", "x/a_2_{chunk}.csv", None, id="number-in-the-name"),
    ],
)
def test_two_exports_share_a_key_or_they_do_not(one: str, other: str, shared: str | None) -> None:
    assert ExportKeys(one).shared_key(ExportKeys(other)) == shared
    assert ExportKeys(other).shared_key(ExportKeys(one)) == shared


def test_exports_that_share_no_key_write_different_ones() -> None:
    """All templates of a few characters, against the keys that they really give."""
    names, endings = ("", "a", "a_", "a_0_", "a_0_b", "a_11."), ("", "_1", "1", "_5_0", "_b", ".manifest.json", ".gz")
    templates = [f"{name}{{chunk{width}}}{ending}" for name in names for width in ("", ":02d") for ending in endings]
    exports = {template: ExportKeys(template, gzip=template.endswith(".gz")) for template in templates}
    written = {
        template: {keys.manifest, *(keys.chunk(number) for number in range(120))} for template, keys in exports.items()
    }
    for one, other in combinations(templates, 2):
        if exports[one].shared_key(exports[other]) is None:
            assert not written[one] & written[other], (one, other)
