-- Checks that the newest legacy booking run is not too old for this run: a replica that stands still gives
-- the bookings of an earlier day. Forty days leave room for booking runs once a month. An empty table has no
-- age: 040 judges it. Environments local and dev have no limit, since their samples and copies stand still.
-- The report names the newest booking run. Needs what 010 checks. docs/domain.md 1.5, "Limits".
with limits as (
    select
        date '{{ business_date }}'
        - case when '{{ environment }}' not in ('local', 'dev') then 40 end as expected_since
),

-- a booking run later than now is none: it would hide that nothing comes any more
newest as (
    select
        count(*) = 0 as is_empty,
        (max(runs.timestamp) filter (where runs.timestamp <= now()))::timestamptz at time zone 'UTC'
            as changed_at
    from bookings_vault.booking_runs as runs
),

sources as (
    select
        is_empty,
        changed_at,
        'booking_runs '
        || case
            when is_empty then 'no rows'
            else coalesce(to_char(changed_at, 'YYYY-MM-DD HH24:MI "UTC"'), 'no change')
        end as shown
    from newest
)

select
    limits.expected_since is null
    or sources.is_empty
    or coalesce(sources.changed_at >= limits.expected_since, false) as sources_are_recent,
    coalesce(
        sources.shown || '; expected changes of ' || limits.expected_since || ' or later for this run of '
        || date '{{ business_date }}',
        'no limit in environment {{ environment }}'
    ) as details,
    'sources as of: ' || sources.shown as report
from sources
cross join limits;
