-- Collects what a row of the result shows of the charge or balance it is about, one row per charge of the
-- result or booked balance and holder of its account: amounts in euros, bill, write-off, customer, dunning. A
-- holder is a login of the account's customer and a master account with its dunning. Equal holders are kept
-- for balances and told apart by copy_no; holder_no numbers the distinct ones, and an open item is reported
-- for the first. Safe to re-run: the tables are replaced. docs/domain.md 2.6, 2.7, 3.5, 3.11, 6.1 N1, N9, 6.2
-- K15.
set local timezone = 'Europe/Berlin';
-- a second process pays off here: handing over a row costs less than PostgreSQL supposes
set local parallel_tuple_cost = 0.01;

drop table if exists report_oibl_work.tripica_account_holders;
drop table if exists report_oibl_work.tripica_bill_headers;
drop table if exists report_oibl_work.tripica_subjects;

create unlogged table report_oibl_work.tripica_account_holders as
with masters as (
    select
        children.name as cba,
        targets.name as mba,
        targets.characteristics ->> 'migrationFlag' as migration_flag
    from datalake_vault.billing_account_relationship as relationships
    inner join datalake_vault.billing_account as children on relationships.billingaccountouid = children.ouid
    inner join
        datalake_vault.billing_account as targets
        on relationships.targetbillingaccountouid = targets.ouid
),

holders as (
    select
        billing_accounts.ouid as account_ouid,
        logins.ouid as login_ouid,
        masters.cba,
        logins.externalid as customer_id,
        coalesce(masters.mba, billing_accounts.name) as mba,
        coalesce(billing_accounts.characteristics ->> 'migrationFlag', masters.migration_flag)
            as migration_flag
    from datalake_vault.billing_account as billing_accounts
    left join datalake_vault.login as logins on billing_accounts.customerouid = logins.customerouid
    left join masters on billing_accounts.name = masters.cba
)

select
    holders.*,
    dunning.dunning_status,
    dunning.dunning_level,
    dunning.dunning_scenario,
    dunning.dunning_lock_until,
    dunning.dunning_lock_reason,
    dense_rank() over (
        partition by holders.account_ouid
        order by
            holders.mba collate "C",
            holders.login_ouid,
            holders.cba collate "C",
            holders.customer_id collate "C",
            holders.migration_flag collate "C"
    ) as holder_no,
    row_number() over (
        partition by
            holders.account_ouid, holders.mba, holders.login_ouid, holders.cba, holders.customer_id,
            holders.migration_flag
    ) as copy_no,
    count(*) over (partition by holders.account_ouid) > 1 as is_one_of_several
from holders
left join report_oibl_work.tripica_dunning as dunning on holders.mba = dunning.mba;

analyze report_oibl_work.tripica_account_holders;

-- the source may repeat a header: the smallest bill number counts
create unlogged table report_oibl_work.tripica_bill_headers as
select
    ouid,
    min(id collate "C") collate "default" as bill_id
from datalake_vault.settlement_note_advice
group by ouid;

-- tells the join that the ouids differ, so that it keeps these rows in memory and not the charges
analyze report_oibl_work.tripica_bill_headers;

create unlogged table report_oibl_work.tripica_subjects as
-- of the bills of manual consumption: the product that was ordered in the hour the charge was created
with consumption as (
    select
        transactionid,
        billingaccountouid,
        productname,
        startdatetime,
        enddatetime,
        date_trunc('hour', datetimecreate) as hour_created
    from datalake_vault.applied_billing_charge
    where glid like '%_MANUAL_CONSUMPTION'
),

products as (
    select
        billingaccountouid,
        name,
        startdatetime,
        enddatetime,
        date_trunc('hour', orderdate) as hour_ordered,
        characteristics ->> 'billId' as bill_id
    from datalake_vault.product
    where characteristics ->> 'billId' is not null
),

bills as (
    select
        consumption.transactionid,
        products.bill_id
    from consumption
    inner join products
        on
            consumption.billingaccountouid = products.billingaccountouid
            and consumption.productname = products.name
            and consumption.startdatetime = products.startdatetime
            and consumption.enddatetime = products.enddatetime
            and consumption.hour_created = products.hour_ordered
    where consumption.transactionid is not null
),

manual_bills as (
    select
        transactionid,
        min(bill_id collate "C") collate "default" as bill_id
    from bills
    group by transactionid
)

select
    charges.ouid as subject_ouid,
    null::bigint as balance_no,
    holders.holder_no,
    null::bigint as copy_no,
    holders.is_one_of_several,
    charges.ouid::text as applied_billing_charge_ouid,
    holders.account_ouid::text as billing_account_ouid,
    holders.login_ouid::text as login_ouid,
    charges.modified_at as datetimelastmodif,
    holders.cba,
    holders.mba,
    holders.customer_id,
    charges.created_on as date_created,
    charges.transactionid as transaction_id,
    charges.glid,
    coalesce(charges.analyticaxis, '') as analyticaxis,
    coalesce(headers.bill_id, manual_bills.bill_id) as bill_id,
    write_offs.write_off_date,
    write_offs.write_off_reason,
    write_offs.write_off_note,
    holders.dunning_lock_until,
    holders.dunning_lock_reason,
    holders.dunning_status,
    holders.dunning_scenario,
    holders.dunning_level,
    -- divided, never rounded: the quotients are part of the result
    charges.reporting_sign * charges.net_cents::numeric / 100 as amount_net,
    charges.reporting_sign * charges.gross_cents::numeric / 100 as amount_gross,
    charges.vat_cents::numeric / 100 as amount_vat,
    charges.energy_cents::numeric / 100 as amount_energy_tax,
    charges.aggregateid as aggregate_id,
    charges.accountingid as accounting_id,
    holders.migration_flag
from report_oibl_work.tripica_charges as charges
left join report_oibl_work.tripica_bill_headers as headers on charges.settlementnoteadviceouid = headers.ouid
left join manual_bills on charges.transactionid = manual_bills.transactionid
left join report_oibl_work.tripica_write_offs as write_offs on charges.ouid = write_offs.charge_ouid
left join report_oibl_work.tripica_account_holders as holders
    on charges.billingaccountouid = holders.account_ouid and holders.copy_no = 1
where charges.is_reported
union all
select
    balances.subject_ouid,
    balances.balance_no,
    holders.holder_no,
    holders.copy_no,
    holders.is_one_of_several,
    '' as applied_billing_charge_ouid,
    '' as billing_account_ouid,
    '' as login_ouid,
    balances.modified_at as datetimelastmodif,
    holders.cba,
    holders.mba,
    holders.customer_id,
    balances.created_on as date_created,
    balances.transactionid as transaction_id,
    'PAYMENT_TRANSACTION' as glid,
    'BALANCE' as analyticaxis,
    '' as bill_id,
    null as write_off_date,
    null as write_off_reason,
    null as write_off_note,
    null as dunning_lock_until,
    null as dunning_lock_reason,
    null as dunning_status,
    null as dunning_scenario,
    null as dunning_level,
    abs(balances.amount)::numeric / 100 as amount_net,
    abs(balances.amount)::numeric / 100 as amount_gross,
    0 as amount_vat,
    0 as amount_energy_tax,
    balances.aggregateid as aggregate_id,
    balances.accountingid as accounting_id,
    holders.migration_flag
from report_oibl_work.tripica_booked_balances as balances
left join report_oibl_work.tripica_account_holders as holders
    on balances.billingaccountouid = holders.account_ouid;

-- the rows are stored nearly in this order, so that reading them by it saves sorting them
create index tripica_subjects_ouid on report_oibl_work.tripica_subjects (subject_ouid);

analyze report_oibl_work.tripica_subjects;
