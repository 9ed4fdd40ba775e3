-- Checks that at least one legacy booking run counts: without one the results would be empty, and an empty
-- file would replace the last good one. Needs what 010 checks. docs/domain.md 2.4.
select
    count(*) filter (where summary is not null and deleted = 0) > 0 as has_counted_run,
    format(
        '%s of %s rows of bookings_vault.booking_runs have a summary and are not deleted',
        count(*) filter (where summary is not null and deleted = 0),
        count(*)
    ) as details
from bookings_vault.booking_runs;
