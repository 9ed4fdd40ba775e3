-- Collects the distinct tax lines of the documents of billing, with the posting date of every header of
-- their number. line_no numbers what the result shows of a line; lines that differ only in side or amounts
-- share it. Amounts are texts with a decimal comma; any other text stops the run. Safe to re-run: the table
-- is replaced. docs/domain.md 3.10 (family D), 6.2 K14, 6.3 F9.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_tax_lines;

create unlogged table report_oibl_work.tripica_tax_lines as
with headers as (
    select distinct
        xbelnr,
        budat
    from report_oibl.bookkeeper_document_headers
),

lines as (
    select distinct
        coalesce(tax_lines.aggregate_id, '') as aggregate_id,
        tax_lines.xblnr,
        coalesce(tax_lines.newko, 'tax code: ' || tax_lines.mwskz) as account,
        tax_lines.amount_calculation as formula,
        tax_lines.mwskz,
        headers.budat,
        tax_lines.bbtax_booking_created::date as booked_on,
        tax_lines.bbtax_booking_execution_id as booking_execution_id,
        case tax_lines.newbs when '40' then 'debit' when '50' then 'credit' end as side,
        replace(tax_lines.fwbas, ',', '.')::numeric as base_amount,
        replace(tax_lines.wrbed, ',', '.')::numeric as tax_amount
    from report_oibl.bookkeeper_tax_lines as tax_lines
    inner join headers on tax_lines.xblnr = headers.xbelnr
    where
        tax_lines.xblnr like 'BR_TRPC%'
        or tax_lines.xblnr like 'BR_REBK%'
        or tax_lines.xblnr like 'BR_CANC%'
        or tax_lines.xblnr like 'BR_MAN%'
)

select
    lines.*,
    classes.formula_class,
    dense_rank() over reported as line_no,
    row_number() over (
        partition by
            lines.aggregate_id collate "C", lines.xblnr collate "C", lines.account collate "C",
            lines.formula collate "C", lines.mwskz collate "C", lines.budat, lines.booked_on,
            lines.booking_execution_id
        order by lines.side collate "C", lines.base_amount, lines.tax_amount
    ) as variant_no
from lines
left join report_oibl_work.tripica_formula_classes as classes on lines.formula = classes.formula
window reported as (
    order by
        lines.aggregate_id collate "C", lines.xblnr collate "C", lines.account collate "C",
        lines.formula collate "C", lines.mwskz collate "C", lines.budat, lines.booked_on,
        lines.booking_execution_id
);

analyze report_oibl_work.tripica_tax_lines;
