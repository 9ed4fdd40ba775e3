-- Matches the raw segments of the booking runs with the lines they make up: same run, document, side and
-- account, and an aggregate that the line names. One row per line and segment. Safe to re-run: the table is
-- replaced. docs/domain.md 2.4 (booking lines).

drop table if exists report_oibl_work.bookings_line_segments;

create unlogged table report_oibl_work.bookings_line_segments as
with segments as (
    select
        runs.run_id,
        listed.element ->> 'xblnr' as xblnr,
        listed.element ->> 'newko' as newko,
        listed.element ->> 'newbs' as newbs,
        listed.element ->> 'mwskz' as mwskz,
        listed.element ->> 'wrbed' as wrbed,
        listed.element ->> 'amountCalculation' as amount_calculation,
        listed.element ->> 'relatedAggregateId' as aggregate_id
    from report_oibl_work.bookings_runs as runs
    cross join lateral jsonb_array_elements(runs.segments) as listed (element)
),

-- an aggregate that a line names twice is named all the same
line_aggregates as (
    select distinct
        booking_lines.line_no,
        booking_lines.run_id,
        booking_lines.header_number,
        booking_lines.element ->> 'newko' as newko,
        booking_lines.element ->> 'newbs' as newbs,
        named.aggregate_id
    from report_oibl_work.bookings_lines as booking_lines
    cross join lateral jsonb_array_elements_text(
        case
            when jsonb_typeof(booking_lines.element -> 'relatedAggregateIds') = 'array'
                then booking_lines.element -> 'relatedAggregateIds'
            else '[]'
        end
    ) as named (aggregate_id)
)

select
    line_aggregates.line_no,
    segments.mwskz,
    segments.wrbed,
    segments.amount_calculation,
    segments.aggregate_id
from line_aggregates
inner join segments
    on
        line_aggregates.run_id = segments.run_id
        and line_aggregates.header_number = segments.xblnr
        and line_aggregates.newko = segments.newko
        and line_aggregates.newbs = segments.newbs
        and line_aggregates.aggregate_id = segments.aggregate_id;

analyze report_oibl_work.bookings_line_segments;
