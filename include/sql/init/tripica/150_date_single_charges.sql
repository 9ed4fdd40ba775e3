-- Dates charges that have a balance date and a due date of their own instead of their transaction's, zero or
-- more rows per charge: charges of split transactions through the balance of their amount, and refunded
-- manual bonuses. Safe to re-run: the table is replaced. docs/domain.md 3.1 (CB), 3.2, 6.1 N4.
set local client_min_messages = warning;
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_single_charge_dates;

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
from report_oibl_work.tripica_charges as bonuses
inner join report_oibl_work.tripica_charges as refunds
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
