-- Drops what the tripica scripts left in report_oibl_work; the published tables in report_oibl stay. After a
-- failed run it does not run, and the tables stay for inspection. Safe to re-run: what is gone is passed
-- over. docs/domain.md 2.1.
drop table if exists report_oibl_work.tripica_account_holders;
drop table if exists report_oibl_work.tripica_aggregate_signs;
drop table if exists report_oibl_work.tripica_balance_bookings;
drop table if exists report_oibl_work.tripica_balances;
drop table if exists report_oibl_work.tripica_bill_headers;
drop table if exists report_oibl_work.tripica_billed_charges;
drop table if exists report_oibl_work.tripica_bonuses;
drop table if exists report_oibl_work.tripica_booked_balances;
drop table if exists report_oibl_work.tripica_booking_lines;
drop table if exists report_oibl_work.tripica_cancelled_charges;
drop table if exists report_oibl_work.tripica_charge_bookings;
drop table if exists report_oibl_work.tripica_charge_dates;
drop table if exists report_oibl_work.tripica_charge_kinds;
drop table if exists report_oibl_work.tripica_charges;
drop table if exists report_oibl_work.tripica_corrected_aggregates;
drop table if exists report_oibl_work.tripica_due_charge_types;
drop table if exists report_oibl_work.tripica_dunning;
drop table if exists report_oibl_work.tripica_dunning_cases;
drop table if exists report_oibl_work.tripica_dunning_claims;
drop table if exists report_oibl_work.tripica_dunning_locks;
drop table if exists report_oibl_work.tripica_formula_classes;
drop table if exists report_oibl_work.tripica_line_taxes;
drop table if exists report_oibl_work.tripica_open_items;
drop table if exists report_oibl_work.tripica_overpayment_dates;
drop table if exists report_oibl_work.tripica_payment_bookings;
drop table if exists report_oibl_work.tripica_results;
drop table if exists report_oibl_work.tripica_single_charge_dates;
drop table if exists report_oibl_work.tripica_subjects;
drop table if exists report_oibl_work.tripica_tax_bookings;
drop table if exists report_oibl_work.tripica_tax_lines;
drop table if exists report_oibl_work.tripica_tax_links;
drop table if exists report_oibl_work.tripica_transaction_dates;
drop table if exists report_oibl_work.tripica_write_off_elements;
drop table if exists report_oibl_work.tripica_write_offs;
