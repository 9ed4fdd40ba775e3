-- Dates charges that name their due date themselves: bills through their header, manual bonuses (not the
-- special ones) through their creation. Also looked up by transaction, for fees and cancellation balances.
-- Safe to re-run: the table is replaced. docs/domain.md 3.1 (CD), 6.2 K6.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_billed_charge_dates;

create unlogged table report_oibl_work.tripica_billed_charge_dates as
select
    charges.ouid as charge_ouid,
    charges.transactionid,
    coalesce(headers.paymentduedate::date, headers.datetimecreate::date) as due_date
from report_oibl_work.tripica_charges as charges
inner join datalake_vault.settlement_note_advice as headers
    on charges.settlementnoteadviceouid = headers.ouid
where charges.glid like '%_BILL' or charges.glid like '%_BILL_MIGRATION'
union all
select
    ouid as charge_ouid,
    transactionid,
    created_on as due_date
from report_oibl_work.tripica_charges
where glid like '%_MANUAL_BONUS' and analyticaxis not like '%special%';

analyze report_oibl_work.tripica_billed_charge_dates;
