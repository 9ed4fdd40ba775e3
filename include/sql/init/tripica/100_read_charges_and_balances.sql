-- Reads all charges and balances of the source, one row each, with Berlin dates. A charge comes with its kind
-- (glid and axis, and what they mean for due dates and bookings), its tax sums in cents and the transactions
-- it refers to, a balance with the day it was settled. No cut-off date for these: due dates, overpayments and
-- signs look at all of them; the balances that the result shows come a second time, numbered. Safe to re-run:
-- the tables are replaced. docs/domain.md 2.5, 2.6, 2.7, 3.2, 3.11, 3.12, 6.2 K1.
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_charge_kinds;
drop table if exists report_oibl_work.tripica_charges;
drop table if exists report_oibl_work.tripica_balances;
drop table if exists report_oibl_work.tripica_booked_balances;

create unlogged table report_oibl_work.tripica_charge_kinds as
with kinds as (
    select distinct
        coalesce(glid, '') as glid,
        coalesce(analyticaxis, '') as analyticaxis
    from datalake_vault.applied_billing_charge
),

-- a kind that matches two patterns counts twice when cancellations are paired
due_kinds as (
    select
        kinds.glid,
        kinds.analyticaxis,
        count(*) as matching_patterns
    from kinds
    inner join report_oibl_work.tripica_due_charge_types as due_types
        on kinds.glid like due_types.glid_pattern and kinds.analyticaxis like due_types.analyticaxis_pattern
    group by kinds.glid, kinds.analyticaxis
)

select
    kinds.glid,
    kinds.analyticaxis,
    due_kinds.matching_patterns,
    -- overpayment credits and bonuses are owed to the customer
    case when kinds.glid like 'OVERPAYMENT_CREDIT' or kinds.glid like '%_MANUAL_BONUS' then -1 else 1 end
        as reporting_sign,
    case
        when kinds.glid like '%MANUAL_BONUS' and kinds.analyticaxis like '%special%' then false
        when kinds.analyticaxis like '%cancellation%' then false
        else due_kinds.glid is not null
    end as can_be_due,
    kinds.glid like '%_DISCOUNT_%' as is_discount,
    kinds.glid like '%_MANUAL_BONUS' as is_bonus,
    kinds.glid like '%_SUBSCRIPTION_%' as is_subscription,
    kinds.glid like 'EPILOT_%' as is_epilot,
    kinds.analyticaxis like '%cancellation%' as is_cancellation,
    kinds.analyticaxis like '%write-off%' as is_write_off,
    kinds.glid like '%_FEE' as is_fee,
    kinds.glid like '%_CANCELLATION_BALANCE' as is_cancellation_balance,
    kinds.glid in ('OVERPAYMENT_CREDIT', 'OVERPAYMENT_USED') as is_overpayment,
    row_number() over (order by kinds.glid collate "C", kinds.analyticaxis collate "C")::integer as kind_no
from kinds
left join due_kinds on kinds.glid = due_kinds.glid and kinds.analyticaxis = due_kinds.analyticaxis;

analyze report_oibl_work.tripica_charge_kinds;

-- nearly every tax row has a charge of its own: sorting them costs less than a hash table of all charges
set local enable_hashagg = off;

create unlogged table report_oibl_work.tripica_charges as
with taxes as (
    select
        appliedbillingchargeouid as charge_ouid,
        count(*) filter (where taxcategory = 'VAT') as vat_rows,
        sum(amount) filter (where taxcategory = 'VAT')::bigint as vat_cents,
        sum(amount) filter (where taxcategory <> 'VAT')::bigint as energy_cents
    from datalake_vault.applied_billing_tax_rate
    where taxcategory in ('VAT', 'gasTax', 'electricityTax')
    group by appliedbillingchargeouid
)

-- what most scripts read comes first, texts last: PostgreSQL reaches a column by passing those before it
select
    charges.ouid,
    charges.billingaccountouid,
    charges.taxexcludedamount as net_cents,
    charges.taxincludedamount as gross_cents,
    kinds.kind_no,
    kinds.reporting_sign,
    charges.datetimecreate::date as created_on,
    charges.datetimelastmodif::date as modified_on,
    kinds.can_be_due,
    -- what the result shows: charges with tax rows that were changed after the cut-off
    coalesce(
        taxes.charge_ouid is not null and charges.datetimelastmodif::date > date '2019-07-30', false
    ) as is_reported,
    taxes.vat_rows,
    taxes.vat_cents,
    taxes.energy_cents,
    charges.customerouid,
    charges.settlementnoteadviceouid,
    charges.datetimecreate as created_at,
    charges.datetimelastmodif as modified_at,
    charges.aggregateid,
    charges.transactionid,
    charges.characteristics ->> 'rejectedChargeTransactionId' as rejected_transactionid,
    charges.characteristics ->> 'partiallyPaidChargeTransactionId' as partially_paid_transactionid,
    charges.glid,
    charges.analyticaxis,
    charges.accountingid
from datalake_vault.applied_billing_charge as charges
left join report_oibl_work.tripica_charge_kinds as kinds
    on coalesce(charges.glid, '') = kinds.glid and coalesce(charges.analyticaxis, '') = kinds.analyticaxis
left join taxes on charges.ouid = taxes.charge_ouid;

reset enable_hashagg;

analyze report_oibl_work.tripica_charges;

create unlogged table report_oibl_work.tripica_balances as
select
    ouid,
    billingaccountouid,
    amount,
    datetimelastmodif as modified_at,
    datetimecreate::date as created_on,
    status like 'DUE%' as is_due,
    transactionid,
    startdatetime::date as starts_on,
    letteringdate::date as lettered_on,
    case when status in ('DUE_LETTERED', 'DUE_CANCELLED') then datetimelastmodif::date end
        as settled_by_status_on,
    status,
    aggregateid,
    accountingid
from datalake_vault.billing_account_balance;

analyze report_oibl_work.tripica_balances;

-- what the result shows: balances with an aggregate that were created after the cut-off
create unlogged table report_oibl_work.tripica_booked_balances as
select
    -- the source may repeat an ouid
    row_number() over (
        order by
            ouid, transactionid collate "C", aggregateid collate "C", billingaccountouid, amount, modified_at,
            created_on, accountingid collate "C"
    ) as balance_no,
    ouid,
    -- one without ouid sorts after the others, and can be joined
    coalesce(ouid, 9223372036854775807) as subject_ouid,
    billingaccountouid,
    amount,
    modified_at,
    created_on,
    transactionid,
    aggregateid,
    accountingid
from report_oibl_work.tripica_balances
where aggregateid <> '' and created_on > date '2019-07-30';

analyze report_oibl_work.tripica_booked_balances;
