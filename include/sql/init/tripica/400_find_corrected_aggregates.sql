-- Finds the aggregates that the final correction applies to: their debit and credit over all row families
-- differ, and they hold a negative debit of the electricity formula. A row counts as often as the result
-- shows it, once per holder of its account. Safe to re-run: the table is replaced. docs/domain.md 3.10
-- (final correction), 6.2 K10, K15.
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_corrected_aggregates;

create unlogged table report_oibl_work.tripica_corrected_aggregates as
with holder_counts as (
    select
        account_ouid,
        count(*) filter (where copy_no = 1) as distinct_holders,
        count(*) as holders
    from report_oibl_work.tripica_account_holders
    group by account_ouid
),

charge_entries as (
    select
        booking_lines.aggregate_id,
        booking_lines.formula,
        bookings.debit,
        bookings.credit,
        charges.account_ouid
    from report_oibl_work.tripica_charge_bookings as bookings
    inner join report_oibl_work.tripica_booking_lines as booking_lines
        on bookings.line_no = booking_lines.line_no and booking_lines.variant_no = 1
    inner join report_oibl_work.tripica_charge_facts as charges on bookings.charge_ouid = charges.charge_ouid
),

tax_entries as (
    select
        tax_lines.aggregate_id,
        tax_lines.formula,
        bookings.debit,
        bookings.credit,
        charges.account_ouid
    from report_oibl_work.tripica_tax_bookings as bookings
    inner join report_oibl_work.tripica_tax_lines as tax_lines
        on bookings.line_no = tax_lines.line_no and tax_lines.variant_no = 1
    left join report_oibl_work.tripica_charge_facts as charges on bookings.charge_ouid = charges.charge_ouid
),

entries as (
    select
        charge_entries.aggregate_id,
        charge_entries.formula,
        charge_entries.debit,
        charge_entries.credit,
        coalesce(holder_counts.distinct_holders, 1) as result_rows
    from charge_entries
    left join holder_counts on charge_entries.account_ouid = holder_counts.account_ouid
    union all
    select
        tax_entries.aggregate_id,
        tax_entries.formula,
        tax_entries.debit,
        tax_entries.credit,
        coalesce(holder_counts.distinct_holders, 1) as result_rows
    from tax_entries
    left join holder_counts on tax_entries.account_ouid = holder_counts.account_ouid
    union all
    select
        bookings.aggregateid as aggregate_id,
        bookings.formula,
        bookings.debit,
        bookings.credit,
        coalesce(holder_counts.holders, 1) as result_rows
    from report_oibl_work.tripica_balance_bookings as bookings
    left join holder_counts on bookings.account_ouid = holder_counts.account_ouid
    union all
    select
        booking_id as aggregate_id,
        formula,
        debit,
        credit,
        1 as result_rows
    from report_oibl_work.tripica_payment_bookings
)

select aggregate_id
from entries
group by aggregate_id
having
    sum(debit * result_rows) <> sum(credit * result_rows)
    and bool_or(formula = 'VATExcludedAmount - ELECTRICITYTAX' and debit < 0);

analyze report_oibl_work.tripica_corrected_aggregates;
