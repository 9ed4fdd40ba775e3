-- Drops what the bookkeeper scripts left in report_oibl_work; the published tables in report_oibl stay. Safe
-- to re-run: what is gone is passed over. docs/domain.md 2.1.
drop table if exists report_oibl_work.bookkeeper_document_headers;
drop table if exists report_oibl_work.bookkeeper_journal_items;
drop table if exists report_oibl_work.bookkeeper_results;
drop table if exists report_oibl_work.bookkeeper_tax_accounts;
drop table if exists report_oibl_work.bookkeeper_tax_lines;
drop table if exists report_oibl_work.bookkeeper_tax_references;
drop function if exists report_oibl_work.bookkeeper_ledger_accounts();
drop function if exists report_oibl_work.bookkeeper_whole_number(text);
drop function if exists report_oibl_work.bookkeeper_side(numeric);
drop function if exists report_oibl_work.bookkeeper_euro_text(numeric);
