-- Checks that at least one booking run is marked for export: without one the results would be empty, and an
-- empty file would replace the last good one. Needs what 010 checks. docs/domain.md 2.3.
select
    count(*) filter (where export) > 0 as has_exported_summary,
    format(
        '%s of %s rows of bookkeeper_vault.summaries have export = true',
        count(*) filter (where export),
        count(*)
    ) as details
from bookkeeper_vault.summaries;
