-- Picks the open items (row family A) and dates them, one row per charge: when it is due and when it was
-- settled. Of several possible dates the earliest due date counts, then the latest balance date. Safe to
-- re-run: the table is replaced. docs/domain.md 3.1 (decision table), 3.2, 4.2, 6.1 N1, 6.2 K2.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_open_items;

create unlogged table report_oibl_work.tripica_open_items as
with bookings as (
    select
        aggregate_id,
        max(budat) as booked_on
    from report_oibl.bookkeeper_results
    group by aggregate_id
),

transaction_bills as (
    select distinct
        transactionid,
        due_date
    from report_oibl_work.tripica_billed_charge_dates
),

candidates as (
    select
        charges.charge_ouid,
        charges.glid,
        charges.accountingid,
        charges.created_on,
        charges.modified_on,
        charges.is_billed_fee,
        charges.is_cancellation_balance,
        billed.due_date as billed_due_date,
        transaction_bills.due_date as transaction_bill_due_date,
        single_dates.due_date as single_due_date,
        transaction_dates.due_date as transaction_due_date,
        -- a charge with dates of its own does not fall back to its transaction's balance date
        case
            when single_dates.charge_ouid is null then transaction_dates.balance_date
            else single_dates.balance_date
        end as settled_on,
        overpayments.ended_on as overpayment_ended_on,
        cancelled.charge_ouid is not null as is_cancelled,
        cancelled.cancelled_at::date as cancelled_on,
        bookings.booked_on
    from report_oibl_work.tripica_charge_facts as charges
    left join report_oibl_work.tripica_billed_charge_dates as billed
        on charges.charge_ouid = billed.charge_ouid
    left join transaction_bills
        on
            charges.transactionid = transaction_bills.transactionid
            and (charges.is_billed_fee or charges.is_cancellation_balance)
    left join report_oibl_work.tripica_single_charge_dates as single_dates
        on charges.charge_ouid = single_dates.charge_ouid
    left join report_oibl_work.tripica_transaction_dates as transaction_dates
        on charges.transactionid = transaction_dates.transactionid
    left join report_oibl_work.tripica_overpayment_dates as overpayments
        on charges.transactionid = overpayments.transactionid
    left join report_oibl_work.tripica_cancelled_charges as cancelled
        on charges.charge_ouid = cancelled.charge_ouid
    left join bookings on charges.aggregateid = bookings.aggregate_id
    where charges.is_open_item
),

dated as (
    select
        charge_ouid,
        case
            when is_billed_fee
                then coalesce(transaction_bill_due_date, single_due_date, transaction_due_date, created_on)
            when is_cancellation_balance
                then coalesce(billed_due_date, transaction_bill_due_date)
            else coalesce(billed_due_date, single_due_date, transaction_due_date, created_on)
        end as due_date,
        case
            when glid in ('OVERPAYMENT_CREDIT', 'OVERPAYMENT_USED') then overpayment_ended_on
            when settled_on is not null then settled_on
            when is_cancelled then cancelled_on
            when accountingid = 'ignored' then modified_on
            else booked_on
        end as balance_date
    from candidates
)

select distinct on (charge_ouid)
    charge_ouid,
    due_date,
    balance_date
from dated
order by
    charge_ouid asc,
    due_date asc nulls last,
    balance_date desc nulls last;

analyze report_oibl_work.tripica_open_items;
