-- Leaves the table tax code -> tax ledger account empty: clients without a script of their own have no
-- mapping, and tax lines get no account. Safe to re-run: the table is emptied. docs/domain.md 2.3.
truncate report_oibl_work.bookkeeper_tax_accounts;
