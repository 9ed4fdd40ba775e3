-- Traces the original due date of each transaction: its own, or through up to six rejections that of the
-- transaction that was rejected first. Of several dates the earliest counts. Safe to re-run: the table is
-- replaced. docs/domain.md 3.1 (OD steps 1 and 2), 6.1 N2, N3, 6.2 K4.
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_traced_due_dates;

create unlogged table report_oibl_work.tripica_traced_due_dates as
with recursive originals as materialized (
    select
        charges.transactionid,
        coalesce(min(balances.due_date), max(charges.created_on)) as due_date
    from report_oibl_work.tripica_charges as charges
    left join report_oibl_work.tripica_due_balance_dates as balances
        on charges.transactionid = balances.transactionid
    where charges.transactionid is not null and charges.rejected_transactionid is null
    group by charges.transactionid
),

rejections as materialized (
    select distinct
        transactionid,
        rejected_transactionid
    from report_oibl_work.tripica_charges
    where transactionid is not null and rejected_transactionid is not null
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
)

select
    transactionid,
    min(due_date) as due_date
from dated
group by transactionid;

analyze report_oibl_work.tripica_traced_due_dates;
