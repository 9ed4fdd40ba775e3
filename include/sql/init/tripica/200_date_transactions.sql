-- Dates each transaction with balances that are or were due: when it was settled, whether its balances are in
-- different states ("split"), and when it is due. That is the latest day of its balances, unless the original
-- due date says otherwise: through up to six rejections, for manual consumption, for partial payments, for
-- rejections again, each step on the state the step before left. A date is overwritten even by none. Safe to
-- re-run: the table is replaced. docs/domain.md 3.1 (TB, OD), 3.2, 6.1 N2, N3, 6.2 K3, K4.
set local timezone = 'Europe/Berlin';
-- PostgreSQL expects far more rows of the steps than there are, and would sort all by text to merge them
set local enable_mergejoin = off;

drop table if exists report_oibl_work.tripica_transaction_dates;

create unlogged table report_oibl_work.tripica_transaction_dates as
with recursive due_balances as materialized (
    select
        transactionid,
        coalesce(max(lettered_on), max(settled_by_status_on)) as balance_date,
        max(starts_on) as due_date,
        min(status collate "C") <> max(status collate "C") as is_split
    from report_oibl_work.tripica_balances
    where is_due and transactionid is not null
    group by transactionid
),

-- the rules are for transactions that refer to others or are referred to, for manual consumption and for
-- balances without a day; any other transaction is due as its balances say
referring as materialized (
    select
        transactionid,
        rejected_transactionid,
        partially_paid_transactionid
    from report_oibl_work.tripica_charges
    where
        transactionid is not null
        and (rejected_transactionid is not null or partially_paid_transactionid is not null)
),

manual_consumption as materialized (
    select
        transactionid,
        min(daterequest::date) as due_date
    from datalake_vault.payment_request
    where
        transactionid in (
            select charges.transactionid
            from report_oibl_work.tripica_charges as charges
            inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
            where kinds.glid like '%_MANUAL_CONSUMPTION'
        )
    group by transactionid
),

followed as (
    select transactionid from referring
    union
    select rejected_transactionid from referring
    union
    select partially_paid_transactionid from referring
    union
    select transactionid from manual_consumption
    union
    select transactionid from due_balances
    where due_date is null
),

originals as materialized (
    select
        charges.transactionid,
        coalesce(min(due_balances.due_date), max(charges.created_on)) as due_date
    from followed
    inner join report_oibl_work.tripica_charges as charges on followed.transactionid = charges.transactionid
    left join due_balances on charges.transactionid = due_balances.transactionid
    where charges.rejected_transactionid is null
    group by charges.transactionid
),

rejections as materialized (
    select distinct
        transactionid,
        rejected_transactionid
    from referring
    where rejected_transactionid is not null
),

-- distance: the number of rejections between a transaction and the one whose date it takes
traced as (
    select
        rejections.transactionid,
        originals.due_date,
        1 as distance
    from rejections
    inner join originals on rejections.rejected_transactionid = originals.transactionid
    union
    select
        rejections.transactionid,
        traced.due_date,
        traced.distance + 1 as distance
    from traced
    inner join rejections on traced.transactionid = rejections.rejected_transactionid
    where traced.distance < 6
),

-- a transaction is dated once, in the first round that reaches it; longer ways to it count for nothing
nearest as (
    select
        transactionid,
        min(distance) as distance
    from traced
    group by transactionid
),

dated as (
    select
        transactionid,
        due_date
    from originals
    union all
    select
        traced.transactionid,
        traced.due_date
    from traced
    inner join nearest on traced.transactionid = nearest.transactionid and traced.distance = nearest.distance
),

after_tracing as (
    select
        transactionid,
        min(due_date) as due_date
    from dated
    group by transactionid
),

after_manual_consumption as materialized (
    select
        before_step.transactionid,
        case when step.transactionid is null then before_step.due_date else step.due_date end as due_date
    from after_tracing as before_step
    left join manual_consumption as step on before_step.transactionid = step.transactionid
),

partially_paid as (
    select
        referring.transactionid,
        min(parents.due_date) as due_date
    from referring
    inner join after_manual_consumption as parents
        on referring.partially_paid_transactionid = parents.transactionid
    group by referring.transactionid
),

after_partial_payment as materialized (
    select
        before_step.transactionid,
        case when step.transactionid is null then before_step.due_date else step.due_date end as due_date
    from after_manual_consumption as before_step
    left join partially_paid as step on before_step.transactionid = step.transactionid
),

rejected as (
    select
        rejections.transactionid,
        min(parents.due_date) as due_date
    from rejections
    inner join after_partial_payment as parents on rejections.rejected_transactionid = parents.transactionid
    group by rejections.transactionid
),

originally_due as (
    select
        before_step.transactionid,
        case when step.transactionid is null then before_step.due_date else step.due_date end as due_date
    from after_partial_payment as before_step
    left join rejected as step on before_step.transactionid = step.transactionid
)

select
    due_balances.transactionid,
    due_balances.balance_date,
    case when originally_due.transactionid is null then due_balances.due_date else originally_due.due_date end
        as due_date,
    due_balances.is_split
from due_balances
left join originally_due on due_balances.transactionid = originally_due.transactionid;

analyze report_oibl_work.tripica_transaction_dates;
