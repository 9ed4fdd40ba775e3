-- Reads all balances of the source, one row per balance, with Berlin dates and the day each was settled:
-- lettered, or last changed if it is lettered or cancelled by status only. Safe to re-run: the table is
-- replaced. docs/domain.md 3.2 (balance-level date), 3.12.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_balances;

create unlogged table report_oibl_work.tripica_balances as
select
    ouid,
    transactionid,
    billingaccountouid,
    status,
    amount,
    aggregateid,
    accountingid,
    startdatetime::date as starts_on,
    letteringdate::date as lettered_on,
    datetimecreate::date as created_on,
    datetimelastmodif as modified_at,
    case when status in ('DUE_LETTERED', 'DUE_CANCELLED') then datetimelastmodif::date end
        as settled_by_status_on,
    status like 'DUE%' as is_due
from datalake_vault.billing_account_balance;

analyze report_oibl_work.tripica_balances;
