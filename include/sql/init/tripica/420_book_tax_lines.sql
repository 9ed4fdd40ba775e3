-- Books the tax lines (row family D) of the documents of billing, with the posting date of every header of
-- their number: one row per charge of the line's aggregate (or none), reported tax line and amounts. Net,
-- gross and VAT are the charge's and, one by one, the line's where the charge has none. Any formula but VAT
-- is an error and marked by -1; an amount that is no text with a decimal comma stops the run. line_no numbers
-- what the result shows of a line. Safe to re-run: the tables are replaced. docs/domain.md 3.10 (family D),
-- 6.2 K9, K14, 6.3 F9.
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_tax_lines;
drop table if exists report_oibl_work.tripica_tax_bookings;

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

create unlogged table report_oibl_work.tripica_tax_bookings as
with amounts as (
    select
        charges.ouid as charge_ouid,
        tax_lines.line_no,
        tax_lines.side,
        coalesce(charges.reporting_sign * charges.net_cents::numeric / 100, tax_lines.base_amount) as net,
        coalesce(
            charges.reporting_sign * charges.gross_cents::numeric / 100,
            tax_lines.base_amount + tax_lines.tax_amount
        ) as gross,
        coalesce(charges.vat_cents::numeric / 100, tax_lines.tax_amount) as vat,
        case
            when
                tax_lines.formula_class = 'V'
                then coalesce(
                    charges.vat_cents * signs.tax_sign, round(abs(tax_lines.tax_amount) * 100)::bigint
                )
            else -100
        end as cents
    from report_oibl_work.tripica_tax_lines as tax_lines
    left join report_oibl_work.tripica_charges as charges
        on
            tax_lines.aggregate_id = charges.aggregateid
            and charges.aggregateid <> ''
            and charges.is_reported
    left join report_oibl_work.tripica_aggregate_signs as signs on tax_lines.aggregate_id = signs.aggregateid
)

select distinct
    charge_ouid,
    line_no,
    net,
    gross,
    vat,
    case side when 'debit' then cents end as debit_cents,
    case side when 'credit' then cents end as credit_cents
from amounts;

analyze report_oibl_work.tripica_tax_bookings;
