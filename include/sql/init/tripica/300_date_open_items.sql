-- Picks the open items (row family A) and dates them, one row per charge: when it is due and when it was
-- settled. A charge may name its due date itself (billed), have dates of its own (single), or take those of
-- its transaction. Of several possible dates the earliest due date counts, then the latest balance date. Safe
-- to re-run: the tables are replaced. docs/domain.md 3.1 (CD, CB, decision table), 3.2, 4.2, 6.1 N1, N4, 6.2
-- K2, K6.
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_bonuses;
drop table if exists report_oibl_work.tripica_billed_charges;
drop table if exists report_oibl_work.tripica_single_charge_dates;
drop table if exists report_oibl_work.tripica_charge_dates;
drop table if exists report_oibl_work.tripica_open_items;

create unlogged table report_oibl_work.tripica_bonuses as
select
    charges.ouid,
    charges.transactionid,
    charges.billingaccountouid,
    charges.glid,
    charges.analyticaxis,
    charges.accountingid,
    charges.gross_cents,
    charges.created_on
from report_oibl_work.tripica_charges as charges
inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
where kinds.glid like '%_MANUAL_BONUS' or kinds.glid like '%_MANUAL_BONUS_REFUND';

analyze report_oibl_work.tripica_bonuses;

-- bills are due when their header says, manual bonuses (not the special ones) on their creation
create unlogged table report_oibl_work.tripica_billed_charges as
select
    charges.ouid as charge_ouid,
    charges.transactionid,
    coalesce(headers.paymentduedate::date, headers.datetimecreate::date) as due_date
from report_oibl_work.tripica_charges as charges
inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
inner join datalake_vault.settlement_note_advice as headers
    on charges.settlementnoteadviceouid = headers.ouid
where kinds.glid like '%_BILL' or kinds.glid like '%_BILL_MIGRATION'
union all
select
    ouid as charge_ouid,
    transactionid,
    created_on as due_date
from report_oibl_work.tripica_bonuses
where glid like '%_MANUAL_BONUS' and analyticaxis not like '%special%';

analyze report_oibl_work.tripica_billed_charges;

-- charges of split transactions are dated by the balance of their amount, refunded bonuses by their refund
create unlogged table report_oibl_work.tripica_single_charge_dates as
with split_charges as (
    select distinct
        charges.ouid as charge_ouid,
        charges.transactionid,
        coalesce(balances.lettered_on, balances.settled_by_status_on) as balance_date,
        balances.starts_on as due_date
    from report_oibl_work.tripica_transaction_dates as transaction_dates
    inner join report_oibl_work.tripica_balances as balances
        on transaction_dates.transactionid = balances.transactionid and balances.is_due
    inner join report_oibl_work.tripica_charges as charges
        on
            balances.transactionid = charges.transactionid
            and balances.billingaccountouid = charges.billingaccountouid
            and balances.amount = charges.gross_cents
    where transaction_dates.is_split
),

-- what a partial payment is due by is what it pays was due by
partially_paid as (
    select
        charges.transactionid,
        min(parents.due_date) as due_date
    from report_oibl_work.tripica_charges as charges
    inner join report_oibl_work.tripica_transaction_dates as parents
        on charges.partially_paid_transactionid = parents.transactionid
    group by charges.transactionid
)

select
    split_charges.charge_ouid,
    split_charges.balance_date,
    case
        when partially_paid.transactionid is null then split_charges.due_date else partially_paid.due_date
    end
        as due_date
from split_charges
left join partially_paid on split_charges.transactionid = partially_paid.transactionid
union
select
    bonuses.ouid as charge_ouid,
    refunds.created_on as balance_date,
    bonuses.created_on as due_date
from report_oibl_work.tripica_bonuses as bonuses
inner join report_oibl_work.tripica_bonuses as refunds
    on
        bonuses.transactionid = refunds.transactionid
        and bonuses.billingaccountouid = refunds.billingaccountouid
        and bonuses.gross_cents = refunds.gross_cents
where
    bonuses.glid like '%_MANUAL_BONUS'
    and bonuses.accountingid is distinct from 'ignored'
    and refunds.glid like '%_MANUAL_BONUS_REFUND'
    and refunds.accountingid is distinct from 'ignored';

analyze report_oibl_work.tripica_single_charge_dates;

-- what dates a charge besides its transaction and its booking: a minority of the charges has any of it
create unlogged table report_oibl_work.tripica_charge_dates as
with transaction_bills as (
    select distinct
        transactionid,
        due_date
    from report_oibl_work.tripica_billed_charges
),

charges_by_transaction as (
    select
        charges.ouid as charge_ouid,
        charges.transactionid,
        kinds.is_overpayment
    from report_oibl_work.tripica_charges as charges
    inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
    where
        kinds.is_cancellation_balance or kinds.is_overpayment
        or (kinds.is_fee and charges.settlementnoteadviceouid is not null)
),

by_transaction as (
    select
        charges.charge_ouid,
        transaction_bills.due_date,
        overpayments.ended_on as overpayment_ended_on
    from charges_by_transaction as charges
    left join transaction_bills
        on charges.transactionid = transaction_bills.transactionid and not charges.is_overpayment
    left join report_oibl_work.tripica_overpayment_dates as overpayments
        on charges.transactionid = overpayments.transactionid and charges.is_overpayment
)

select
    charge_ouid,
    billed.due_date as billed_due_date,
    by_transaction.due_date as transaction_bill_due_date,
    single_dates.charge_ouid is not null as has_single_date,
    single_dates.due_date as single_due_date,
    single_dates.balance_date as single_balance_date,
    by_transaction.overpayment_ended_on,
    cancelled.charge_ouid is not null as is_cancelled,
    cancelled.cancelled_at::date as cancelled_on
from report_oibl_work.tripica_billed_charges as billed
full join by_transaction using (charge_ouid) -- noqa: ST07
full join report_oibl_work.tripica_single_charge_dates as single_dates using (charge_ouid) -- noqa: ST07
full join report_oibl_work.tripica_cancelled_charges as cancelled using (charge_ouid); -- noqa: ST07

analyze report_oibl_work.tripica_charge_dates;

create unlogged table report_oibl_work.tripica_open_items as
with bookings as (
    select
        aggregate_id,
        max(budat) as booked_on
    from report_oibl.bookkeeper_results
    group by aggregate_id
),

candidates as (
    select
        charges.ouid as charge_ouid,
        charges.created_on,
        charges.modified_on,
        charges.accountingid = 'ignored' as is_ignored,
        kinds.is_fee and charges.settlementnoteadviceouid is not null as is_billed_fee,
        kinds.is_cancellation_balance,
        kinds.is_overpayment,
        charge_dates.billed_due_date,
        charge_dates.transaction_bill_due_date,
        charge_dates.single_due_date,
        transaction_dates.due_date as transaction_due_date,
        -- a charge with dates of its own does not fall back to its transaction's balance date
        case
            when charge_dates.has_single_date then charge_dates.single_balance_date
            else transaction_dates.balance_date
        end as settled_on,
        charge_dates.overpayment_ended_on,
        charge_dates.is_cancelled,
        charge_dates.cancelled_on,
        bookings.booked_on
    from report_oibl_work.tripica_charges as charges
    inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
    left join report_oibl_work.tripica_charge_dates as charge_dates
        on charges.ouid = charge_dates.charge_ouid
    left join report_oibl_work.tripica_transaction_dates as transaction_dates
        on charges.transactionid = transaction_dates.transactionid
    left join bookings on charges.aggregateid = bookings.aggregate_id
    where charges.is_reported and charges.can_be_due
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
            when is_overpayment then overpayment_ended_on
            when settled_on is not null then settled_on
            when is_cancelled then cancelled_on
            when is_ignored then modified_on
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
