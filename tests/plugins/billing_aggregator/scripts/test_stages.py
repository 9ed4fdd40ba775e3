"""The table of stages is whole: each has its words in both languages, and its folder is read."""

from __future__ import annotations

import pytest

from billing_aggregator.scripts.stages import FOLDERS, RUN_TASKS, STAGES, Stage
from tests.support.repository import REPO


@pytest.mark.parametrize("stage", [*STAGES, *RUN_TASKS], ids=lambda stage: stage.name)
def test_a_stage_says_in_both_languages_what_it_is_and_what_to_do(stage: Stage) -> None:
    for words in (stage.title, stage.remedy):
        assert all(text.strip() == text != "" for text in words)
    assert stage.remedy.en != stage.remedy.de


def test_each_folder_of_the_tree_is_that_of_a_stage() -> None:
    folders = {each.name for each in (REPO / "include" / "sql").iterdir() if each.is_dir()}

    assert folders
    assert folders <= {*FOLDERS}
