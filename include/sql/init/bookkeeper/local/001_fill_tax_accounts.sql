-- Fills the table tax code -> tax ledger account for local development with the accounts of enercity. Safe to
-- re-run: the table is emptied first. docs/domain.md 2.3.
truncate report_oibl_work.bookkeeper_tax_accounts;

insert into report_oibl_work.bookkeeper_tax_accounts (account, mwskz)
select
    account,
    unnest(tax_codes) as mwskz
from report_oibl_work.bookkeeper_ledger_accounts();
