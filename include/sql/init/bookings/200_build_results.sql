-- Builds the booking lines of the legacy runs, one row per line and matching raw segment; a line without
-- segment gives one row without aggregate and formula. Run number, instant and dates are those of the
-- header. Safe to re-run: the work table is replaced. Rows are stored by line and segment. docs/domain.md
-- 2.4 (booking lines).

drop table if exists report_oibl_work.bookings_results;

create table report_oibl_work.bookings_results as
select
    booking_lines.booking_execution_id,
    booking_lines.booking_created,
    'bbseg'::text as booking_src,
    booking_lines.element ->> 'key' as key,
    booking_lines.ba,
    booking_lines.budat,
    booking_lines.bukrs,
    booking_lines.beldat,
    booking_lines.element ->> 'aufnr' as aufnr,
    booking_lines.element ->> 'gsber' as gsber,
    booking_lines.element ->> 'kostl' as kostl,
    booking_lines.element ->> 'newbk' as newbk,
    booking_lines.element ->> 'prced' as prced,
    booking_lines.element ->> 'sgtxt' as sgtxt,
    booking_lines.element ->> 'vbund' as vbund,
    booking_lines.element ->> 'zterm' as zterm,
    booking_lines.element ->> 'zuonr' as zuonr,
    booking_lines.element ->> 'psegment' as psegment,
    booking_lines.element ->> 'mwskz' as mwskz,
    booking_lines.element ->> 'newbs' as newbs,
    (booking_lines.element ->> 'newko')::varchar as newko,
    segments.mwskz as mwskz2,
    booking_lines.element ->> 'wrbed' as wrbed_total,
    segments.wrbed as wrbed_aggregate,
    (booking_lines.element ->> 'xblnr')::varchar as xblnr,
    booking_lines.element ->> 'xstba' as xstba,
    segments.aggregate_id::varchar as aggregate_id,
    segments.amount_calculation::varchar as amount_calculation,
    null::bigint as tax_aggregate_ouid
from report_oibl_work.bookings_lines as booking_lines
left join report_oibl_work.bookings_line_segments as segments on booking_lines.line_no = segments.line_no
order by
    booking_lines.line_no,
    segments.aggregate_id collate "C",
    segments.amount_calculation collate "C",
    segments.wrbed collate "C",
    segments.mwskz collate "C";

analyze report_oibl_work.bookings_results;

-- published with the table: systems that read it check its age by this
comment on table report_oibl_work.bookings_results is
'booking lines built for business date {{ business_date }}';
