-- Reads the booking runs that count, one row per run with a summary that is not deleted, with the four lists
-- of its summary; a list that is missing is empty. Run numbers are kept in full width. Safe to re-run: the
-- table is replaced. docs/domain.md 1.5, 2.4, 6.3 F10.

drop table if exists report_oibl_work.bookings_runs;

create unlogged table report_oibl_work.bookings_runs as
with summaries as (
    select
        runs.id as run_id,
        runs.timestamp as run_at,
        runs.summary::text::jsonb -> 'sap' as sap
    from bookings_vault.booking_runs as runs
    where runs.summary is not null and runs.deleted = 0
)

select
    run_id,
    run_at,
    case when jsonb_typeof(sap -> 'bbkpf') = 'array' then sap -> 'bbkpf' else '[]' end as headers,
    case when jsonb_typeof(sap -> 'bbseg') = 'array' then sap -> 'bbseg' else '[]' end as booking_lines,
    case when jsonb_typeof(sap -> 'rawSegments') = 'array' then sap -> 'rawSegments' else '[]' end
        as segments,
    case when jsonb_typeof(sap -> 'bbtax') = 'array' then sap -> 'bbtax' else '[]' end as tax_lines
from summaries;

analyze report_oibl_work.bookings_runs;
