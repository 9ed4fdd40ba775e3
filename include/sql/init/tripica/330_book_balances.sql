-- Books the balances (row family C): one row per aggregated balance created after 2019-07-30 and booking
-- line of its aggregate, equal rows kept. Any formula but the gross amount is an error and marked by -1.
-- line_no numbers the lines of a balance. Safe to re-run: the table is replaced. docs/domain.md 2.7, 3.10
-- (family C), 3.11, 6.2 K9, K11.
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_balance_bookings;

create unlogged table report_oibl_work.tripica_balance_bookings as
with bookings as (
    select
        balances.ouid as balance_ouid,
        balances.billingaccountouid as account_ouid,
        balances.modified_at,
        balances.created_on,
        balances.transactionid,
        balances.aggregateid,
        balances.accountingid,
        abs(balances.amount)::numeric / 100 as balance_amount,
        booking_lines.booking_execution_id,
        booking_lines.beldat,
        booking_lines.budat,
        booking_lines.aufnr,
        booking_lines.mwskz,
        coalesce(booking_lines.newko, 'tax code: ' || booking_lines.mwskz) as account,
        booking_lines.xblnr,
        booking_lines.newbs,
        booking_lines.amount_calculation as formula,
        case
            when
                booking_lines.amount_calculation = 'TaxIncludedAmount'
                then coalesce(abs(balances.amount)::numeric / 100, 0)
            else -1
        end::numeric(20, 2) as amount
    from report_oibl_work.tripica_balances as balances
    inner join report_oibl.bookkeeper_results as booking_lines
        on balances.aggregateid = booking_lines.aggregate_id
    where balances.aggregateid <> '' and balances.created_on > date '2019-07-30'
)

select
    *,
    case newbs when '40' then amount end as debit,
    case newbs when '50' then amount end as credit,
    row_number() over (
        partition by balance_ouid
        order by
            xblnr collate "C",
            account collate "C",
            formula collate "C",
            mwskz collate "C",
            aufnr collate "C",
            budat,
            beldat, booking_execution_id, newbs collate "C"
    ) as line_no
from bookings;

analyze report_oibl_work.tripica_balance_bookings;
