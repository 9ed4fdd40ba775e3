-- Limits the booking rows without account: local development has, as enercity, an account for each tax code,
-- so rows that show a tax code in its place are exceptions. Safe to re-run: the value is fixed.
-- docs/domain.md 2.3, "Limits".
update report_oibl.tripica_limits
set limit_value = 0.05
where limit_name = 'missing_account_share';
