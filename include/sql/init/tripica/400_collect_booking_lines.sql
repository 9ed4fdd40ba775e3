-- Collects what charges can be booked by: the booking lines of the booking system, the classes of their
-- formulas, the tax aggregates they name, and the signs of their aggregates, which say whether VAT, gross and
-- net of the charges add up to less than nothing. line_no numbers what the result shows of a line; lines that
-- differ in nothing else share it and are told apart by variant_no. Safe to re-run: the tables are replaced.
-- docs/domain.md 3.9 (signs, tax items), 3.10 (side, account text, formula classes), 4.2, 6.2 K13.
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_formula_classes;
drop table if exists report_oibl_work.tripica_aggregate_signs;
drop table if exists report_oibl_work.tripica_booking_lines;
drop table if exists report_oibl_work.tripica_line_taxes;

-- gross (G), net less energy tax (NE), net (N), energy tax (T), VAT (V); other formulas have no class
create unlogged table report_oibl_work.tripica_formula_classes (
    formula varchar(255) primary key,
    formula_class text not null
);

insert into report_oibl_work.tripica_formula_classes (formula, formula_class)
values
('TaxIncludedAmount', 'G'),
('ac.TaxIncludedAmount', 'G'),
('TaxExcludedAmount - energyTax.Amount', 'NE'),
('VATExcludedAmount - GASTAX', 'NE'),
('VATExcludedAmount - ELECTRICITYTAX', 'NE'),
('TaxIncludedAmount - VAT - ENERGYTAX', 'NE'),
('TaxIncludedAmount - VAT - ELECTRICITYTAX', 'NE'),
('TaxIncludedAmount - VAT - GASTAX', 'NE'),
('VATExcludedAmount', 'N'),
('TaxIncludedAmount - VAT', 'N'),
('energyTax.Amount', 'T'),
('GASTAX', 'T'),
('ELECTRICITYTAX', 'T'),
('vat.Amount', 'V'),
('VAT', 'V');

-- a charge counts once per VAT row
create unlogged table report_oibl_work.tripica_aggregate_signs as
select
    aggregateid,
    case when sum(vat_cents) < 0 then -1 else 1 end as tax_sign,
    case when sum(reporting_sign * gross_cents * vat_rows) < 0 then -1 else 1 end
        as gross_sign,
    case when sum(reporting_sign * net_cents * vat_rows) < 0 then -1 else 1 end
        as net_sign
from report_oibl_work.tripica_charges
where aggregateid <> '' and vat_rows > 0
group by aggregateid;

analyze report_oibl_work.tripica_aggregate_signs;

create unlogged table report_oibl_work.tripica_booking_lines as
with lines as (
    select
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
    signs.tax_sign,
    signs.gross_sign,
    signs.net_sign,
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
left join report_oibl_work.tripica_aggregate_signs as signs on lines.aggregate_id = signs.aggregateid
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

-- the tax aggregates that lines name, where they belong to the line's aggregate
create unlogged table report_oibl_work.tripica_line_taxes as
with named as (
    select distinct
        aggregate_id,
        tax_aggregate_ouid
    from report_oibl_work.tripica_booking_lines
    where tax_aggregate_ouid is not null
)

select
    named.aggregate_id,
    named.tax_aggregate_ouid,
    tax_aggregates.taxcategory,
    tax_aggregates.taxrate,
    case
        when tax_aggregates.amount > 0 then 1
        when tax_aggregates.amount < 0 then -1
        else 0
    end as item_sign
from named
inner join datalake_vault.tax_aggregate as tax_aggregates on named.tax_aggregate_ouid = tax_aggregates.ouid
inner join datalake_vault.charge_aggregate as aggregates
    on
        tax_aggregates.chargeaggregateouid = aggregates.ouid
        and named.aggregate_id = aggregates.aggregateid
where tax_aggregates.taxcategory in ('VAT', 'gasTax', 'electricityTax');

analyze report_oibl_work.tripica_line_taxes;
