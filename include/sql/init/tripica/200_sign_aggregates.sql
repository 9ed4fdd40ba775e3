-- Finds the signs of each booking aggregate, one row per aggregate with VAT: whether VAT, gross and net of
-- its charges add up to less than nothing. A charge counts once per VAT row. Safe to re-run: the table is
-- replaced. docs/domain.md 3.9 (aggregate signs), 6.2 K13.
set local client_min_messages = warning;
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_aggregate_signs;

create unlogged table report_oibl_work.tripica_aggregate_signs as
select
    charges.aggregateid,
    case when sum(taxes.vat_cents) < 0 then -1 else 1 end as tax_sign,
    case when sum(charges.reporting_sign * charges.gross_cents * taxes.vat_rows) < 0 then -1 else 1 end
        as gross_sign,
    case when sum(charges.reporting_sign * charges.net_cents * taxes.vat_rows) < 0 then -1 else 1 end
        as net_sign
from report_oibl_work.tripica_charges as charges
inner join report_oibl_work.tripica_charge_taxes as taxes on charges.ouid = taxes.charge_ouid
where charges.aggregateid <> '' and taxes.vat_rows > 0
group by charges.aggregateid;

analyze report_oibl_work.tripica_aggregate_signs;
