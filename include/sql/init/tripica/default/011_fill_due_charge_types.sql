-- Fills the kinds of charges that can be open items. A kind is due if its aggregation key is T_PAYMENT in
-- the configuration of billing; deliberately missing are `..._REJECTED`, `BANK_FEE_MIGRATION`,
-- `BANK_FEE_RETURN`, `DUNNING_FEE_MIGRATION`, `%_MANUAL_BONUS_REFUND`, `PAYMENT_TRANSACTION` and
-- `%_BILL_CANCEL` with a credit axis. Safe to re-run: rows are replaced. docs/domain.md 2.5, due-charge-type
-- patterns.
truncate report_oibl_work.tripica_due_charge_types;

insert into report_oibl_work.tripica_due_charge_types (glid_pattern)
values
('BANK_FEE'),
('DUNNING_FEE'),
('%_ABSCHLAG'),
('%_BILL'),
('%_BILL_MIGRATION'),
('%_CANCELLATION_BALANCE'),
('%_MANUAL_BILL'),
('%_MANUAL_BONUS'),
('EPILOT_%_LEASE_PAY'),
('EPILOT_%_SERVICE_PAY'),
('EPILOT_%_UNIT_PAY'),
('OVERPAYMENT_CREDIT'),
('OVERPAYMENT_REFUND'),
('OVERPAYMENT_USED'),
('METER_BLOCKING_%_FEE'),
('METER_BLOCKING_LETTER'),
('METER_UNBLOCKING_%_FEE'),
('%_CANCELLATION_BALANCE_WRITE_OFF');
