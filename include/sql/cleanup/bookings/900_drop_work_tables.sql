-- Drops what the scripts of the legacy bookings left in report_oibl_work; the published tables in
-- report_oibl stay. Safe to re-run: what is gone is passed over. docs/domain.md 2.1.

drop table if exists report_oibl_work.bookings_results;
drop table if exists report_oibl_work.bookings_tax_lines;
drop table if exists report_oibl_work.bookings_document_headers;
drop table if exists report_oibl_work.bookings_line_segments;
drop table if exists report_oibl_work.bookings_lines;
drop table if exists report_oibl_work.bookings_runs;
drop table if exists report_oibl_work.bookings_tax_accounts;
drop function if exists report_oibl_work.bookings_ledger_accounts();
