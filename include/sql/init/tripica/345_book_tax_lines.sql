-- Books the tax lines (row family D): one row per charge of the line's aggregate (or none), reported tax
-- line and amounts. Net, gross and VAT are the charge's and, one by one, the line's where the charge has
-- none. Any formula but VAT is an error and marked by -1. Safe to re-run: the table is replaced.
-- docs/domain.md 3.10 (family D), 6.2 K9, K14.
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_tax_bookings;

create unlogged table report_oibl_work.tripica_tax_bookings as
with amounts as (
    select
        charges.charge_ouid,
        tax_lines.line_no,
        tax_lines.side,
        coalesce(charges.net, tax_lines.base_amount) as net,
        coalesce(charges.gross, tax_lines.base_amount + tax_lines.tax_amount) as gross,
        coalesce(charges.vat, tax_lines.tax_amount) as vat,
        case
            when
                tax_lines.formula_class = 'V'
                then coalesce(charges.vat * charges.tax_sign, abs(tax_lines.tax_amount))
            else -1
        end::numeric(20, 2) as amount
    from report_oibl_work.tripica_tax_lines as tax_lines
    left join report_oibl_work.tripica_charge_facts as charges
        on tax_lines.aggregate_id = charges.aggregateid and charges.aggregateid <> ''
)

select distinct
    charge_ouid,
    line_no,
    net,
    gross,
    vat,
    case side when 'debit' then amount end as debit,
    case side when 'credit' then amount end as credit
from amounts;

analyze report_oibl_work.tripica_tax_bookings;
