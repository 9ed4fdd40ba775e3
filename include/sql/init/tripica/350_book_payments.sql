-- Books the allocated payments (row family E): one row per payment booking and distinct booking line of it,
-- found by aggregate for documents up to 2024-01-31 and by document number from that day on. The whole
-- payment amount stands on every line. Safe to re-run: the table is replaced. docs/domain.md 3.10 (family
-- E), 6.2 K11.
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_payment_bookings;

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

lines as (
    select distinct
        aggregate_id,
        xblnr,
        newko,
        newbs,
        amount_calculation,
        mwskz,
        aufnr,
        budat,
        beldat
    from report_oibl.bookkeeper_results
),

matches as (
    select
        payments.booking_id,
        payments.glid,
        payments.amount,
        lines.xblnr,
        lines.newko as account,
        lines.newbs,
        lines.amount_calculation as formula,
        lines.mwskz,
        lines.aufnr,
        lines.budat,
        lines.beldat
    from payments
    inner join lines on payments.booking_id = lines.aggregate_id and lines.beldat <= date '2024-01-31'
    union all
    select
        payments.booking_id,
        payments.glid,
        payments.amount,
        lines.xblnr,
        lines.newko as account,
        lines.newbs,
        lines.amount_calculation as formula,
        lines.mwskz,
        lines.aufnr,
        lines.budat,
        lines.beldat
    from payments
    inner join lines on payments.sap_id = lines.xblnr and lines.beldat >= date '2024-01-31'
),

bookings as (
    select distinct
        booking_id,
        glid,
        amount,
        xblnr,
        account,
        formula,
        mwskz,
        aufnr,
        budat,
        beldat,
        case newbs when '40' then amount::numeric(20, 2) end as debit,
        case newbs when '50' then amount::numeric(20, 2) end as credit
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
            debit,
            credit
    ) as line_no
from bookings;

analyze report_oibl_work.tripica_payment_bookings;
