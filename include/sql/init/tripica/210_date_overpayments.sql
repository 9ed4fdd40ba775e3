-- Dates the end of each overpayment, one row per transaction: the latest of the days on which it was used
-- up, rejected, its refund cancelled, its payment rejected or cancelled, or its balance used in another
-- transaction. Safe to re-run: the table is replaced. docs/domain.md 3.3, 6.1 N10.
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_overpayment_dates;

create unlogged table report_oibl_work.tripica_overpayment_dates as
with overpayments as materialized (
    select
        charges.ouid,
        charges.transactionid,
        charges.billingaccountouid,
        kinds.glid,
        charges.gross_cents,
        charges.created_on,
        charges.rejected_transactionid
    from report_oibl_work.tripica_charges as charges
    inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
    where
        kinds.glid in (
            'OVERPAYMENT_CREDIT',
            'OVERPAYMENT_USED',
            'OVERPAYMENT_CREDIT_REJECTED',
            'OVERPAYMENT_REFUND_CANCEL'
        )
),

used_up as (
    select
        transactionid,
        max(created_on) filter (where glid = 'OVERPAYMENT_USED') as ended_on
    from overpayments
    where glid in ('OVERPAYMENT_CREDIT', 'OVERPAYMENT_USED')
    group by transactionid
    having
        sum(gross_cents) filter (where glid = 'OVERPAYMENT_CREDIT')
        <= sum(gross_cents) filter (where glid = 'OVERPAYMENT_USED')
),

rejected as (
    select
        rejected_transactionid as transactionid,
        created_on as ended_on
    from overpayments
    where glid = 'OVERPAYMENT_CREDIT_REJECTED'
),

refund_cancelled as (
    select
        payments.transactionid,
        overpayments.created_on as ended_on
    from overpayments
    inner join report_oibl_work.tripica_balances as balances
        on overpayments.transactionid = balances.transactionid
    inner join datalake_vault.payment_item as items on balances.ouid = items.referredouid
    inner join datalake_vault.payment_request as payments on items.paymentouid = payments.ouid
    where overpayments.glid = 'OVERPAYMENT_REFUND_CANCEL'
),

payment_rejected as (
    select
        payments.transactionid,
        payments.datelastchangestatus::date as ended_on
    from datalake_vault.payment_request as payments
    where
        payments.status = 'REJECTED'
        and payments.transactionid in (
            select overpayments.transactionid
            from overpayments
            where overpayments.glid in ('OVERPAYMENT_CREDIT', 'OVERPAYMENT_USED')
        )
),

payment_cancelled as (
    select
        payments.transactionid,
        payments.datelastchangestatus::date as ended_on
    from datalake_vault.payment_request as payments
    where
        payments.status = 'CANCELLED'
        and payments.transactionid in (
            select overpayments.transactionid
            from overpayments
            where overpayments.glid = 'OVERPAYMENT_CREDIT'
        )
        and payments.transactionid in (
            select balances.transactionid
            from report_oibl_work.tripica_balances as balances
            where balances.status = 'PAID'
        )
),

-- every use of a credit's balance that its amounts allow; the numbers then pair the first use with the
-- first credit
used_elsewhere_candidates as (
    select
        uses.transactionid as use_transactionid,
        credits.transactionid as credit_transactionid,
        uses.created_on as ended_on,
        row_number() over (
            partition by credits.ouid
            order by
                payments.transactionid collate "C", uses.ouid, payments.ouid, balances.ouid, items.amount
        ) as number_within_credit,
        row_number() over (
            partition by uses.ouid
            order by
                credits.transactionid collate "C", credits.ouid, payments.ouid, balances.ouid, items.amount
        ) as number_within_use
    from overpayments as uses
    inner join datalake_vault.payment_request as payments on uses.transactionid = payments.transactionid
    inner join datalake_vault.payment_item as items
        on payments.ouid = items.paymentouid and items.referredtype = 'CANCELLED_BALANCE'
    inner join report_oibl_work.tripica_balances as balances
        on items.referredouid = balances.ouid and items.amount = balances.amount
    inner join overpayments as credits
        on
            balances.transactionid = credits.transactionid
            and balances.billingaccountouid = credits.billingaccountouid
            and balances.amount = credits.gross_cents
            and credits.glid = 'OVERPAYMENT_CREDIT'
    where uses.glid = 'OVERPAYMENT_USED'
),

-- a use ends the overpayment in both transactions
used_elsewhere as (
    select
        unnest(array[use_transactionid, credit_transactionid]) as transactionid,
        ended_on
    from used_elsewhere_candidates
    where number_within_credit = number_within_use
),

ends as (
    select * from used_up
    union all
    select * from rejected
    union all
    select * from refund_cancelled
    union all
    select * from payment_rejected
    union all
    select * from payment_cancelled
    union all
    select * from used_elsewhere
)

select
    transactionid,
    max(ended_on) as ended_on
from ends
where transactionid is not null
group by transactionid;

analyze report_oibl_work.tripica_overpayment_dates;
