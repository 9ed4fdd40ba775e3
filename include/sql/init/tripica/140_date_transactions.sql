-- Dates each transaction with balances that are or were due: the original due date takes the place of the
-- balances' own, even if it is none. Safe to re-run: the table is replaced. docs/domain.md 3.1 (TB, OD step
-- 6).
set local client_min_messages = warning;

drop table if exists report_oibl_work.tripica_transaction_dates;

create unlogged table report_oibl_work.tripica_transaction_dates as
select
    balances.transactionid,
    balances.balance_date,
    case when originals.transactionid is null then balances.due_date else originals.due_date end as due_date,
    balances.is_split
from report_oibl_work.tripica_due_balance_dates as balances
left join report_oibl_work.tripica_original_due_dates as originals
    on balances.transactionid = originals.transactionid;

analyze report_oibl_work.tripica_transaction_dates;
