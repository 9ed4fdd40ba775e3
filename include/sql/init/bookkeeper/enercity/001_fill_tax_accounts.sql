-- Fills the table tax code -> tax ledger account for enercity: the target ledger decides the tax account on
-- import, so the source does not hold it. RC is the account text of reverse charge. Safe to re-run: the table
-- is emptied first. docs/domain.md 2.3.
truncate report_oibl_work.bookkeeper_tax_accounts;

insert into report_oibl_work.bookkeeper_tax_accounts (account, mwskz)
select
    ledger.account,
    unnest(ledger.tax_codes) as mwskz
from (
    values
    ('76100030', array['11', '1A', '21', '2A']),
    ('76100101', array['12', '1B']),
    ('76100100', array['22', '2B']),
    ('76110005', array['59', '5W', '69', '6W']),
    ('76110030', array['51', '5A', '61', '6A', '62', '6B']),
    ('RC', array['81', '8A'])
) as ledger (account, tax_codes);
