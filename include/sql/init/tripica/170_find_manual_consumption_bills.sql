-- Finds the bill of manually entered consumption, one row per transaction: the bill named by the product
-- that was ordered in the hour in which the charge was created. Of several the smallest counts. Safe to
-- re-run: the table is replaced. docs/domain.md 3.5, 6.1 N9.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_manual_consumption_bills;

create unlogged table report_oibl_work.tripica_manual_consumption_bills as
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
)

select
    transactionid,
    min(bill_id collate "C") collate "default" as bill_id
from bills
group by transactionid;

analyze report_oibl_work.tripica_manual_consumption_bills;
