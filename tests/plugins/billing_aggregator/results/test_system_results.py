"""Results carry a stamp: a task reads what its run has built and checked, else it says what to clear or to trigger."""

from __future__ import annotations

import hashlib
import re

import pytest

from billing_aggregator.results.rules import find_remarks
from billing_aggregator.results.stamps import State
from billing_aggregator.run.lock import Holder
from postgres_to_s3.errors import PermanentError, TransientError
from tests.plugins.billing_aggregator.results.conftest import DAY, TREE, Shop
from tests.support.script_files import write_file

BUILD = ("init/alpha/010_read.sql", "init/alpha/020_build.sql")
CHECKS = ("postchecks/alpha/010_rows.sql", "postchecks/alpha/020_sums.sql")
KEEP = "history/alpha/010_keep.sql"


def refused(text: str) -> object:
    """The error of a task that must not read the results; it holds the text."""
    return pytest.raises(PermanentError, match=re.escape(text))


def test_results_are_checked_once_all_scripts_and_all_postchecks_of_the_run_are_done(shop: Shop) -> None:
    run = shop.run("first")
    states = [shop.do(run, path).state for path in TREE[:5]]

    assert states == [State.NOTHING_BUILT, State.BUILDING, State.BUILT, State.BUILT, State.CHECKED]
    (stamp,) = shop.results("alpha").read(shop.session, run)
    assert (stamp.holder.run_id, stamp.business_date, stamp.state) == ("first", DAY, State.CHECKED)


def test_a_stamp_keeps_the_sha256_of_each_script_in_the_order_in_which_they_ran(shop: Shop) -> None:
    shop.build_and_check(shop.run("first"))

    (stamp,) = shop.results("alpha").read(shop.session, shop.run("first"))

    expected = {path: hashlib.sha256((shop.root / path).read_bytes()).hexdigest() for path in TREE[:5]}
    assert list(stamp.scripts.items()) == list(expected.items())


def test_results_without_postchecks_are_checked_once_they_are_built(shop: Shop) -> None:
    assert shop.do(shop.run("first", "other"), "init/other/010_build.sql").state == State.CHECKED


def test_results_that_another_run_has_built_since_are_not_exported_though_they_are_checked(shop: Shop) -> None:
    shop.build_and_check(shop.run("first"))
    shop.build_and_check(shop.run("second"))

    with refused("run 'second' of DAG 'batch' (business date 2026-11-30) has replaced the results of 'alpha'"):
        shop.results("alpha").read(shop.session, shop.run("first"))


@pytest.mark.parametrize("path", [BUILD[1], *CHECKS, KEEP])
def test_no_task_goes_on_with_what_another_run_has_built_since(shop: Shop, path: str) -> None:
    shop.build_and_check(shop.run("first"))
    shop.build_and_check(shop.run("second"))

    with refused("clear 'alpha' in this run from its first task, or trigger a new run"):
        shop.do(shop.run("first"), path)
    assert shop.stamped() == [("alpha", "second", "checked")]


def test_refused_results_are_neither_exported_nor_kept(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:3])
    shop.refuse(run, CHECKS[0])

    for task in (lambda: shop.results("alpha").read(shop.session, run), lambda: shop.do(run, KEEP)):
        with refused(
            "has built the results of 'alpha', but a postcheck refused them: correct the cause and clear 'alpha'"
        ):
            task()


def test_a_postcheck_that_passes_after_its_repair_makes_refused_results_good(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:3])
    shop.refuse(run, CHECKS[0])

    assert shop.do(run, *CHECKS).state == State.CHECKED


def test_a_postcheck_that_runs_again_and_ends_in_an_error_leaves_the_results_unchecked(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)

    shop.results("alpha").open(shop.session, run, shop.script(CHECKS[0]))

    with refused("has built the results of 'alpha', but their postchecks have not passed"):
        shop.results("delta").read(shop.session, shop.run("second", "delta"), shop.script("archive/delta/all.sql"))


def test_a_precheck_that_runs_again_leaves_the_results_checked(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)

    shop.results("alpha").open(shop.session, run, shop.script(TREE[0]))

    assert shop.stamped() == [("alpha", "first", "checked")]


def test_a_script_that_runs_again_makes_all_that_came_after_it_unchecked(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)

    assert shop.do(run, BUILD[1]).state == State.BUILT
    with refused("has built the results of 'alpha', but their postchecks have not passed"):
        shop.do(run, KEEP)


def test_the_build_of_one_run_is_not_gone_on_with_by_another(shop: Shop) -> None:
    shop.do(shop.run("first"), BUILD[0])

    with refused("clear 'alpha' in this run from its first task"):
        shop.do(shop.run("second"), BUILD[1])


def test_a_script_that_was_marked_as_a_success_has_not_run_so_the_next_one_does_not_start(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, BUILD[0])
    shop.marked.add("alpha.init.020_build")

    with refused(f"'{BUILD[1]}' has not run in this run: clear it from 'alpha.init.020_build'"):
        shop.do(run, CHECKS[0])


def test_history_that_is_run_beside_the_build_refuses(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, BUILD[0])

    with refused("has not finished building the results of 'alpha'"):
        shop.do(run, KEEP)


@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "not run"])
def test_postchecks_that_a_person_has_marked_stamp_the_results_as_accepted_by_hand(
    shop: Shop, is_refused: bool
) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:3])
    if is_refused:
        shop.refuse(run, CHECKS[0])
    shop.marked |= {"alpha.postchecks.010_rows", "alpha.postchecks.020_sums"}

    shop.results("alpha").accept_marked(shop.session, run)

    (stamp,) = shop.results("alpha").read(shop.session, run)
    assert stamp.state == State.ACCEPTED
    assert shop.do(run, KEEP).state == State.ACCEPTED


def test_one_marked_postcheck_does_not_stand_for_the_other(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:3])
    shop.refuse(run, CHECKS[0])
    shop.marked.add("alpha.postchecks.010_rows")

    shop.results("alpha").accept_marked(shop.session, run)
    with refused("a postcheck refused"):
        shop.results("alpha").read(shop.session, run)

    shop.do(run, CHECKS[1])
    shop.results("alpha").accept_marked(shop.session, run)
    assert shop.results("alpha").read(shop.session, run)[0].state == State.ACCEPTED


def test_a_mark_accepts_no_results_of_another_run(shop: Shop) -> None:
    shop.do(shop.run("first"), *TREE[:3])
    shop.marked |= {"alpha.postchecks.010_rows", "alpha.postchecks.020_sums"}

    with refused("has built the results of 'alpha', but their postchecks have not passed"):
        shop.do(shop.run("second", "beta"), "init/beta/010_build.sql")


def test_a_system_that_the_run_does_not_select_counts_with_its_newest_checked_results(shop: Shop) -> None:
    shop.build_and_check(shop.run("first"))

    stamp = shop.do(shop.run("second", "beta"), "init/beta/010_build.sql")

    assert [(source["system"], source["run_id"], source["state"]) for source in stamp.sources] == [
        ("alpha", "first", "checked")
    ]
    archive = shop.results("delta").read(shop.session, shop.run("third", "delta"), shop.script("archive/delta/all.sql"))
    assert [each.holder.run_id for each in archive] == ["first"]


@pytest.mark.parametrize("paths", [TREE[:2], TREE[:3], ()], ids=["being built", "not checked", "never built"])
def test_results_of_a_deselected_system_that_are_not_checked_stop_what_reads_them(
    shop: Shop, paths: tuple[str, ...]
) -> None:
    shop.do(shop.run("first"), *paths) if paths else None

    for run, path in (("second", "init/beta/010_build.sql"), ("third", "archive/delta/all.sql")):
        with refused("trigger a run that selects"):
            shop.do(shop.run(run, path.split("/")[1]), path)


def test_a_selected_system_that_the_run_has_not_built_is_not_replaced_by_older_results(shop: Shop) -> None:
    shop.build_and_check(shop.run("first"))

    with refused("run 'first' of DAG 'batch'"):
        shop.do(shop.run("second", "alpha", "beta"), "init/beta/010_build.sql")


def test_a_system_that_writes_the_same_tables_takes_the_place_of_the_other(shop: Shop) -> None:
    shop.build_and_check(shop.run("first"))

    shop.do(shop.run("second", "other"), "init/other/010_build.sql")

    assert shop.stamped() == [("other", "second", "checked")]
    stamp = shop.do(shop.run("third", "beta"), "init/beta/010_build.sql")
    assert [source["system"] for source in stamp.sources] == ["other"]


def test_all_scripts_of_a_build_read_the_same_results_of_other_systems(shop: Shop) -> None:
    write_file(shop.root, "init/beta/020_more.sql", "select 2;")
    shop.build_and_check(shop.run("first"))
    shop.do(shop.run("second", "beta"), "init/beta/010_build.sql")
    shop.build_and_check(shop.run("third", "alpha"))

    with refused("the results of 'alpha' have been built again since 'init/beta/010_build.sql' ran: clear it from"):
        shop.do(shop.run("second", "beta"), "init/beta/020_more.sql")
    assert shop.do(shop.run("second", "beta"), "init/beta/010_build.sql", "init/beta/020_more.sql").sources


@pytest.mark.parametrize("changed", TREE[:4])
def test_a_script_that_has_run_and_differs_now_stops_the_run(shop: Shop, changed: str) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:4])

    write_file(shop.root, changed, "select 'another release';")

    task_id = f"alpha.{changed.split('/')[0]}.{changed.split('/')[2][:-4]}"
    with refused(f"'{changed}' has changed since it ran in this run: clear it from '{task_id}'"):
        shop.do(run, CHECKS[1])


def test_a_repaired_script_that_has_not_succeeded_yet_goes_on(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:2])

    write_file(shop.root, BUILD[1], "select 'repaired';")

    assert shop.do(run, BUILD[1], *CHECKS).state == State.CHECKED


def test_a_script_that_is_cleared_after_its_repair_counts_as_it_is_now(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)
    write_file(shop.root, BUILD[0], "select 'repaired';")

    assert shop.do(run, *TREE[1:5]).state == State.CHECKED


def test_a_script_that_a_deployment_adds_or_takes_away_stops_the_run(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)
    added = shop.root / "init/alpha/015_new.sql"

    write_file(shop.root, "init/alpha/015_new.sql", "select 15;")
    with refused("'init/alpha/015_new.sql' has not run in this run: clear it from 'alpha.init.015_new'"):
        shop.results("alpha").read(shop.session, run)

    added.unlink()
    (shop.root / BUILD[1]).unlink()
    with refused(f"'{BUILD[1]}' ran in this run and is gone from the tree"):
        shop.results("alpha").read(shop.session, run)


def test_stamps_do_not_grow_in_number(shop: Shop) -> None:
    for number in range(4):
        shop.build_and_check(shop.run(f"run {number}"))
        shop.do(shop.run(f"run {number}", "delta"), "archive/delta/all.sql")
        shop.do(shop.run(f"looked {number}"), "prechecks/alpha/010_sources.sql")

    assert shop.stamped() == [
        ("alpha", "looked 3", "nothing built"),
        ("alpha", "run 3", "checked"),
        ("delta", "run 3", "nothing built"),
    ]


def test_a_refusing_postcheck_that_is_taken_out_of_the_tree_accepts_nothing(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:4])
    shop.refuse(run, CHECKS[1])
    (shop.root / CHECKS[1]).unlink()

    shop.results("alpha").accept_marked(shop.session, run)

    with refused("a postcheck refused them"):
        shop.results("alpha").read(shop.session, run)
    with refused(f"'{CHECKS[1]}' ran in this run and is gone from the tree"):
        shop.do(run, CHECKS[0])


def test_a_postcheck_that_a_deployment_adds_must_run_before_anything_leaves(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)
    write_file(shop.root, "postchecks/alpha/030_new.sql", "select true as fine;")

    with refused("'postchecks/alpha/030_new.sql' has not run in this run: clear it from 'alpha.postchecks.030_new'"):
        shop.results("alpha").read(shop.session, run)


def test_a_mark_for_one_build_does_not_accept_the_next_one(shop: Shop) -> None:
    run = shop.run("first")
    shop.do(run, *TREE[:3])
    shop.refuse(run, CHECKS[0])
    shop.marked |= {"alpha.postchecks.010_rows", "alpha.postchecks.020_sums"}
    shop.results("alpha").accept_marked(shop.session, run)

    shop.do(run, BUILD[1])
    shop.results("alpha").accept_marked(shop.session, run)

    with refused("their postchecks have not passed"):
        shop.results("alpha").read(shop.session, run)
    assert shop.do(run, *CHECKS).state == State.CHECKED


def test_a_run_that_is_cleared_whole_keeps_nothing_beside_its_new_build(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)

    shop.results("alpha").open(shop.session, run, shop.script(BUILD[0]))

    with refused("has not finished building the results of 'alpha'"):
        shop.do(run, KEEP)


def test_what_another_system_has_put_into_the_same_tables_is_judged_in_place_of_the_own_results(shop: Shop) -> None:
    write_file(shop.root, "postchecks/other/010_rows.sql", "select true as fine;")
    shop.do(shop.run("first", "other"), "init/other/010_build.sql")
    archive = shop.script("archive/delta/all.sql")

    with refused("run 'first' of DAG 'batch' (business date 2026-11-30) has built the results of 'other', but their"):
        shop.results("delta").read(shop.session, shop.run("second", "delta"), archive)

    shop.do(shop.run("first", "other"), "postchecks/other/010_rows.sql")
    (stamp,) = shop.results("delta").read(shop.session, shop.run("second", "delta"), archive)
    assert (stamp.system, stamp.state) == ("other", State.CHECKED)


def test_a_run_whose_results_another_system_has_replaced_is_told_by_whom(shop: Shop) -> None:
    shop.build_and_check(shop.run("first"))
    shop.do(shop.run("second", "other"), "init/other/010_build.sql")

    with refused("run 'second' of DAG 'batch' (business date 2026-11-30) has replaced the results of 'alpha'"):
        shop.results("alpha").read(shop.session, shop.run("first"))


def test_a_system_waits_while_another_task_of_the_run_checks_what_it_reads(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)
    shop.results("alpha").open(shop.session, run, shop.script(CHECKS[1]))

    with pytest.raises(TransientError, match="their postchecks have not passed"):
        shop.do(run, "init/beta/010_build.sql")


def test_after_a_deployment_one_sentence_says_where_to_clear_from(shop: Shop) -> None:
    run = shop.run("first")
    shop.build_and_check(run)
    for path in TREE[:5]:
        write_file(shop.root, path, "select 'another release';")

    with refused(
        f"'{TREE[0]}' has changed since it ran in this run: clear it from 'alpha.prechecks.010_sources' (and 4"
    ):
        shop.results("alpha").read(shop.session, run)


@pytest.mark.parametrize(("run_id", "origin"), [("first", "another"), ("second", "airflow")])
def test_results_of_another_airflow_or_run_are_remarked_on(shop: Shop, run_id: str, origin: str) -> None:
    shop.build_and_check(shop.run("first"))
    (stamp,) = shop.results("delta").read(shop.session, shop.run("x", "delta"), shop.script("archive/delta/all.sql"))

    assert list(find_remarks([stamp], Holder("enercity", "batch", "first", "airflow"))) == []
    (remark,) = find_remarks([stamp], Holder("enercity", "batch", run_id, origin))
    assert remark == "holds results of alpha that run 'first' built for business date 2026-11-30; they are checked"
