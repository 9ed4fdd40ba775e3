-- Builds the document headers of the booking runs, one row per header element. Safe to re-run: the work
-- table is replaced. Rows are stored by document number, run and place in the run's list. docs/domain.md 2.4
-- (headers).

drop table if exists report_oibl_work.bookings_document_headers;

create table report_oibl_work.bookings_document_headers as
select
    listed.element ->> 'ba' as ba,
    to_date(nullif(listed.element ->> 'budat', ''), 'DD.MM.YYYY') as budat,
    listed.element ->> 'bukrs' as bukrs,
    (listed.element ->> 'xblnr')::varchar as xbelnr,
    to_date(nullif(listed.element ->> 'beldat', ''), 'DD.MM.YYYY') as beldat,
    listed.element as bbkpf,
    runs.run_id as booking_execution_id,
    runs.run_at as booking_created
from report_oibl_work.bookings_runs as runs
cross join lateral jsonb_array_elements(runs.headers) with ordinality as listed (element, place)
order by
    listed.element ->> 'xblnr' collate "C",
    runs.run_id,
    listed.place;

analyze report_oibl_work.bookings_document_headers;
