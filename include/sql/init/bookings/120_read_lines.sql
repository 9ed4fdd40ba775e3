-- Reads the lines of the booking runs with their document header, one row per line and header of its number
-- in the same run; a line without header is kept. Safe to re-run: the table is replaced. docs/domain.md 2.4
-- (data_sap_bookings).

drop table if exists report_oibl_work.bookings_lines;

create unlogged table report_oibl_work.bookings_lines as
with booking_lines as (
    select
        runs.run_id,
        listed.place,
        listed.element
    from report_oibl_work.bookings_runs as runs
    cross join lateral jsonb_array_elements(runs.booking_lines) with ordinality as listed (element, place)
)

select
    row_number() over (
        order by booking_lines.run_id, booking_lines.place, headers.budat, headers.beldat
    ) as line_no,
    booking_lines.run_id,
    booking_lines.element,
    headers.xbelnr as header_number,
    headers.ba,
    headers.budat,
    headers.bukrs,
    headers.beldat,
    headers.booking_execution_id,
    headers.booking_created
from booking_lines
left join report_oibl_work.bookings_document_headers as headers
    on
        booking_lines.run_id = headers.booking_execution_id
        and booking_lines.element ->> 'xblnr' = headers.xbelnr;

analyze report_oibl_work.bookings_lines;
