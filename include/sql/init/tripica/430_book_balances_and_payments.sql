-- Books the balances (row family C), one row per aggregated balance created after 2019-07-30 and booking line
-- of its aggregate, equal rows kept: any formula but the gross amount is an error and marked by -1. Books the
-- allocated payments (row family E), one row per payment booking and distinct booking line of it, found by
-- aggregate for documents up to 2024-01-31 and by document number from that day on: the whole payment amount
-- stands on every line. Safe to re-run: the tables are replaced. docs/domain.md 2.7, 3.10 (families C and E),
-- 3.11, 6.2 K9, K11.
drop table if exists report_oibl_work.tripica_balance_bookings;
drop table if exists report_oibl_work.tripica_payment_bookings;

create unlogged table report_oibl_work.tripica_balance_bookings as
with bookings as (
    select
        balances.ouid as balance_ouid,
        balances.subject_ouid,
        balances.balance_no,
        balances.aggregateid,
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
                then coalesce(abs(balances.amount), 0)
            else -100
        end as cents
    from report_oibl_work.tripica_booked_balances as balances
    inner join report_oibl.bookkeeper_results as booking_lines
        on balances.aggregateid = booking_lines.aggregate_id
)

select
    *,
    case newbs when '40' then cents end as debit_cents,
    case newbs when '50' then cents end as credit_cents,
    row_number() over (
        partition by balance_ouid
        order by
            xblnr collate "C",
            account collate "C",
            formula collate "C",
            mwskz collate "C",
            aufnr collate "C",
            budat,
            beldat, booking_execution_id, newbs collate "C", balance_no
    ) as line_no
from bookings;

analyze report_oibl_work.tripica_balance_bookings;

create unlogged table report_oibl_work.tripica_payment_bookings as
with payments as (
    select
        bookings.id::text as booking_id,
        bookings.sap_id,
        'PAS_' || coalesce(states.payment_status, '') as glid,
        payments.amount
    from paymentallocation_vault.bookings as bookings
    inner join paymentallocation_vault.payments as payments on bookings.payment_id = payments.id
    inner join paymentallocation_vault.payment_states as states on bookings.payment_state_id = states.id
),

matches as (
    select
        payments.booking_id,
        payments.glid,
        payments.amount,
        booking_lines.*
    from payments
    inner join report_oibl.bookkeeper_results as booking_lines
        on payments.booking_id = booking_lines.aggregate_id and booking_lines.beldat <= date '2024-01-31'
    union all
    select
        payments.booking_id,
        payments.glid,
        payments.amount,
        booking_lines.*
    from payments
    inner join report_oibl.bookkeeper_results as booking_lines
        on payments.sap_id = booking_lines.xblnr and booking_lines.beldat >= date '2024-01-31'
),

bookings as (
    select distinct
        booking_id,
        glid,
        amount,
        xblnr,
        newko as account,
        amount_calculation as formula,
        mwskz,
        aufnr,
        budat,
        beldat,
        case newbs when '40' then round(amount * 100)::bigint end as debit_cents,
        case newbs when '50' then round(amount * 100)::bigint end as credit_cents
    from matches
)

select
    *,
    row_number() over (
        order by
            booking_id collate "C",
            glid collate "C",
            amount,
            xblnr collate "C",
            account collate "C",
            formula collate "C",
            mwskz collate "C",
            aufnr collate "C",
            budat,
            beldat,
            debit_cents,
            credit_cents
    ) as line_no
from bookings;

analyze report_oibl_work.tripica_payment_bookings;
