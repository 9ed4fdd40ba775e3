-- Adjusts the original due dates in three steps, each on the state the step before left: manual consumption
-- is due when its payment is requested, a partial payment when the transaction it pays was due, a rejection
-- when the rejected transaction was. A date is overwritten even by none. Safe to re-run: the table is
-- replaced. docs/domain.md 3.1 (OD steps 3 to 5), 6.1 N2, 6.2 K3, K4.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_original_due_dates;

create unlogged table report_oibl_work.tripica_original_due_dates as
with manual_consumption as (
    select
        transactionid,
        min(daterequest::date) as due_date
    from datalake_vault.payment_request
    where
        transactionid in (
            select charges.transactionid
            from report_oibl_work.tripica_charges as charges
            where charges.glid like '%_MANUAL_CONSUMPTION'
        )
    group by transactionid
),

after_manual_consumption as (
    select
        traced.transactionid,
        case
            when manual_consumption.transactionid is null then traced.due_date else
                manual_consumption.due_date
        end
            as due_date
    from report_oibl_work.tripica_traced_due_dates as traced
    left join manual_consumption on traced.transactionid = manual_consumption.transactionid
),

partially_paid as (
    select
        charges.transactionid,
        min(parents.due_date) as due_date
    from report_oibl_work.tripica_charges as charges
    inner join after_manual_consumption as parents
        on charges.partially_paid_transactionid = parents.transactionid
    group by charges.transactionid
),

after_partial_payment as (
    select
        before_step.transactionid,
        case
            when partially_paid.transactionid is null then before_step.due_date else partially_paid.due_date
        end
            as due_date
    from after_manual_consumption as before_step
    left join partially_paid on before_step.transactionid = partially_paid.transactionid
),

rejected as (
    select
        charges.transactionid,
        min(parents.due_date) as due_date
    from report_oibl_work.tripica_charges as charges
    inner join after_partial_payment as parents
        on charges.rejected_transactionid = parents.transactionid
    group by charges.transactionid
)

select
    before_step.transactionid,
    case when rejected.transactionid is null then before_step.due_date else rejected.due_date end as due_date
from after_partial_payment as before_step
left join rejected on before_step.transactionid = rejected.transactionid;

analyze report_oibl_work.tripica_original_due_dates;
