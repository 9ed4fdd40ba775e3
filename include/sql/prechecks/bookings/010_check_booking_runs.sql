-- Checks that the legacy booking runs are there and readable by this role. Looks into the catalog only, as a
-- query on a missing table would fail before it can say anything. docs/domain.md 1.5.
with booking_runs as (
    select
        bool_or(has_schema_privilege(vault.oid, 'usage') and has_table_privilege(runs.oid, 'select'))
            as is_readable
    from pg_catalog.pg_namespace as vault
    inner join pg_catalog.pg_class as runs on vault.oid = runs.relnamespace
    where
        vault.nspname = 'bookings_vault'
        and runs.relname = 'booking_runs'
        and runs.relkind in ('r', 'p', 'v', 'm', 'f')
)

select
    coalesce(is_readable, false) as booking_runs_readable,
    format(
        'bookings_vault.booking_runs is %s for role %s',
        case when is_readable then 'readable' when not is_readable then 'not readable' else 'missing' end,
        current_user
    ) as details
from booking_runs;
