"""SQL is split where PostgreSQL splits it: nothing in a text or a comment is a word or the end of a statement."""

from __future__ import annotations

import pytest

from postgres_to_s3.postgres.lexemes import split_lexemes


def found(sql: str, kind: str) -> list[str]:
    return [sql[begin:end] for each, begin, end in split_lexemes(sql) if each == kind]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        pytest.param("Select a_1 from  t$2;", ["Select", "a_1", "from", "t$2"], id="words"),
        pytest.param("select 'commit', E'\\' commit', 1", ["select"], id="texts"),
        pytest.param('select "commit"', ["select"], id="quoted-name"),
        pytest.param("do $x$ commit; $$ $x$", ["do"], id="dollar-quotes"),
        pytest.param("select /* a /* commit */ b */ 1 -- commit", ["select"], id="comments"),
        pytest.param("select größe", ["select", "größe"], id="letters-beyond-ascii"),
    ],
)
def test_words_are_those_outside_of_texts_and_comments(sql: str, words: list[str]) -> None:
    assert found(sql, "word") == words


def test_an_open_comment_reaches_to_the_end() -> None:
    assert found("select 1 /* ; /* ; */ ;", "end") == []
    assert found("select 1; /* ; */ ;", "end") == [";", ";"]


def test_the_lexemes_are_the_whole_text() -> None:
    sql = "begin; select $$a$$, 'b', \"c\" /* d */ -- e\n;\ncommit and chain"

    assert "".join(sql[begin:end] for _, begin, end in split_lexemes(sql)) == sql
