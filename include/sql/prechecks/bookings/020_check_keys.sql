-- Checks that no key of the legacy booking runs, and of the aggregates that their tax lines name, stands in
-- more than one row: each row of a repeated run or aggregate would be counted, and multiply money. Runs that
-- do not count may repeat. Each table is read once. Needs what 010 checks. docs/domain.md 1.1, 1.5, "Keys".
with repeated as (
    select
        'bookings_vault.booking_runs.id' as key_name,
        id::text as key_value,
        count(id) as row_count
    from bookings_vault.booking_runs
    where summary is not null and deleted = 0
    group by id
    having count(id) > 1
    union all
    select
        'datalake_vault.charge_aggregate.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.charge_aggregate
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.tax_aggregate.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.tax_aggregate
    group by ouid
    having count(ouid) > 1
),

keys as (
    select
        key_name,
        count(*) as repeated_keys,
        min(format('%s in %s rows', key_value, row_count) collate "C") as example
    from repeated
    group by key_name
)

select
    count(*) = 0 as keys_are_unique,
    coalesce(
        string_agg(
            format('%s: %s key(s) in more than one row, e.g. %s', key_name, repeated_keys, example), '; '
            order by key_name
        ),
        'no key stands in more than one row'
    ) as details
from keys;
