-- Links the tax rows of aggregated charges to the tax aggregates that booked them: same aggregate, category
-- and rate. One row per charge, tax row and tax aggregate. Safe to re-run: the table is replaced.
-- docs/domain.md 3.9 (tax items, VAT links).
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_tax_links;

create unlogged table report_oibl_work.tripica_tax_links as
select distinct
    charges.ouid as charge_ouid,
    tax_aggregates.ouid as tax_aggregate_ouid,
    tax_aggregates.taxcategory,
    tax_rows.ouid as tax_row_ouid,
    tax_rows.amount as tax_row_cents,
    case
        when tax_aggregates.amount > 0 then 1
        when tax_aggregates.amount < 0 then -1
        else 0
    end as item_sign
from report_oibl_work.tripica_charges as charges
inner join datalake_vault.charge_aggregate as aggregates on charges.aggregateid = aggregates.aggregateid
inner join
    datalake_vault.tax_aggregate as tax_aggregates
    on aggregates.ouid = tax_aggregates.chargeaggregateouid
inner join datalake_vault.applied_billing_tax_rate as tax_rows
    on
        charges.ouid = tax_rows.appliedbillingchargeouid
        and tax_aggregates.taxcategory = tax_rows.taxcategory
        and tax_aggregates.taxrate = tax_rows.taxrate
where
    charges.aggregateid <> ''
    and tax_aggregates.taxcategory in ('VAT', 'gasTax', 'electricityTax');

analyze report_oibl_work.tripica_tax_links;
