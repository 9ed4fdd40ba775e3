-- Sums the tax rows of each charge: VAT, and energy tax (gas and electricity), in cents. Charges without a
-- row of these three categories are missing here and thereby in the result. Safe to re-run: the table is
-- replaced. docs/domain.md 2.6 (vat, energy), 3.9 (number of VAT rows), 6.2 K1.
set local client_min_messages = warning;
set local work_mem = '128MB';

drop table if exists report_oibl_work.tripica_charge_taxes;

create unlogged table report_oibl_work.tripica_charge_taxes as
select
    appliedbillingchargeouid as charge_ouid,
    count(*) filter (where taxcategory = 'VAT') as vat_rows,
    sum(amount) filter (where taxcategory = 'VAT') as vat_cents,
    sum(amount) filter (where taxcategory <> 'VAT') as energy_cents
from datalake_vault.applied_billing_tax_rate
where taxcategory in ('VAT', 'gasTax', 'electricityTax')
group by appliedbillingchargeouid;

analyze report_oibl_work.tripica_charge_taxes;
