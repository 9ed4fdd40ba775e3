-- Picks dunning and dunning lock of each master account, one row per account: its newest case with the
-- highest level, and its newest lock if that one is neither deleted nor expired today (Berlin). A missing
-- instant counts as newest. Safe to re-run: the table is replaced. docs/domain.md 3.7, 6.1 N5, N6, 6.2 K7.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_dunning;

create unlogged table report_oibl_work.tripica_dunning as
with newest_cases as (
    select distinct on (mba)
        mba,
        id,
        case when status in ('DUNNING', 'BLOCKING', 'INKASSO') then status end as dunning_status
    from report_oibl_work.tripica_dunning_cases
    where mba is not null
    order by
        mba asc,
        created_at desc nulls first,
        id collate "C" desc
),

highest_claims as (
    select distinct on (case_id)
        case_id,
        dunning_level,
        scenario as dunning_scenario
    from report_oibl_work.tripica_dunning_claims
    order by
        case_id asc,
        dunning_level desc nulls last,
        scenario collate "C" asc,
        id collate "C" asc
),

newest_locks as (
    select distinct on (mba)
        mba,
        deleted,
        locked_until as dunning_lock_until,
        reason as dunning_lock_reason
    from report_oibl_work.tripica_dunning_locks
    where mba is not null
    order by
        mba asc,
        created_at desc nulls first,
        updated_at desc nulls first,
        id collate "C" desc nulls last,
        locked_until desc,
        deleted asc nulls first,
        reason collate "C" asc
),

valid_locks as (
    select
        mba,
        dunning_lock_until,
        dunning_lock_reason
    from newest_locks
    where deleted is not true and dunning_lock_until >= current_date
)

select
    coalesce(newest_cases.mba, valid_locks.mba) as mba,
    newest_cases.dunning_status,
    highest_claims.dunning_level,
    highest_claims.dunning_scenario,
    valid_locks.dunning_lock_until,
    valid_locks.dunning_lock_reason
from newest_cases
left join highest_claims on newest_cases.id = highest_claims.case_id
full join valid_locks on newest_cases.mba = valid_locks.mba;

analyze report_oibl_work.tripica_dunning;
