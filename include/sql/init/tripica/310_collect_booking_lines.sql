-- Collects the distinct booking lines that charges can be booked by. line_no numbers what the result shows
-- of a line; lines that differ only in side or tax aggregate share it and are told apart by variant_no.
-- Reads the results of the booking system. Safe to re-run: the table is replaced. docs/domain.md 3.10 (side,
-- account text, formula classes), 4.2.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';
set local work_mem = '128MB';

drop table if exists report_oibl_work.tripica_booking_lines;

create unlogged table report_oibl_work.tripica_booking_lines as
with lines as (
    select distinct
        aggregate_id,
        xblnr,
        coalesce(newko, 'tax code: ' || mwskz) as account,
        amount_calculation as formula,
        mwskz,
        aufnr,
        budat,
        booking_created::date as booked_on,
        booking_execution_id,
        case newbs when '40' then 'debit' when '50' then 'credit' end as side,
        tax_aggregate_ouid
    from report_oibl.bookkeeper_results
    where aggregate_id <> ''
)

select
    lines.*,
    classes.formula_class,
    dense_rank() over reported as line_no,
    row_number() over (
        partition by
            lines.aggregate_id collate "C", lines.xblnr collate "C", lines.account collate "C",
            lines.formula collate "C",
            lines.mwskz collate "C",
            lines.aufnr collate "C",
            lines.budat,
            lines.booked_on,
            lines.booking_execution_id
        order by lines.side collate "C", lines.tax_aggregate_ouid
    ) as variant_no
from lines
left join report_oibl_work.tripica_formula_classes as classes on lines.formula = classes.formula
window reported as (
    order by
        lines.aggregate_id collate "C", lines.xblnr collate "C", lines.account collate "C",
        lines.formula collate "C",
        lines.mwskz collate "C",
        lines.aufnr collate "C",
        lines.budat,
        lines.booked_on,
        lines.booking_execution_id
);

analyze report_oibl_work.tripica_booking_lines;
