-- Dates each transaction with balances that are or were due: first due date, balance date, and whether its
-- balances are in different states ("split"). Safe to re-run: the table is replaced. docs/domain.md 3.1 (TB
-- before step 6), 3.2.
set local client_min_messages = warning;

drop table if exists report_oibl_work.tripica_due_balance_dates;

create unlogged table report_oibl_work.tripica_due_balance_dates as
select
    transactionid,
    coalesce(max(lettered_on), max(settled_by_status_on)) as balance_date,
    max(starts_on) as due_date,
    min(status collate "C") <> max(status collate "C") as is_split
from report_oibl_work.tripica_balances
where is_due and transactionid is not null
group by transactionid;

analyze report_oibl_work.tripica_due_balance_dates;
