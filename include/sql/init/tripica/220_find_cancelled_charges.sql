-- Finds due charges that were cancelled, with the instant of the (latest) cancellation: by position among
-- the cancelled balances of their amount, by the sum of their transaction, or by the cancellation of a
-- bonus. A charge whose kind matches two due patterns counts twice. Safe to re-run: the table is replaced.
-- docs/domain.md 3.8, 6.1 N1, 6.2 K5, K18.

drop table if exists report_oibl_work.tripica_cancelled_charges;

create unlogged table report_oibl_work.tripica_cancelled_charges as
-- peers included: the number of a charge is how many rows of the population have no larger ouid
with population as materialized (
    select
        charges.ouid,
        charges.transactionid,
        charges.gross_cents,
        sum(kinds.matching_patterns) over (
            partition by charges.transactionid, charges.gross_cents
            order by charges.ouid
        ) as number_within_amount,
        sum(charges.gross_cents * kinds.matching_patterns)
            over (partition by charges.transactionid)
            as sum_cents
    from report_oibl_work.tripica_charges as charges
    inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
    where charges.aggregateid is null and kinds.matching_patterns > 0
),

cancelled_balances as materialized (
    select
        transactionid,
        amount,
        modified_at,
        count(*) over (partition by transactionid, amount order by ouid) as number_within_amount
    from report_oibl_work.tripica_balances
    where status = 'DUE_CANCELLED'
),

bonus_cancellations as (
    select
        billingaccountouid,
        customerouid,
        abs(gross_cents) as absolute_cents,
        max(created_at) as cancelled_at
    from report_oibl_work.tripica_charges
    where glid like '%_MANUAL_BONUS_CANCELLATION'
    group by billingaccountouid, customerouid, abs(gross_cents)
),

cancellations as (
    select
        population.ouid as charge_ouid,
        cancelled_balances.modified_at as cancelled_at
    from population
    inner join cancelled_balances
        on
            population.transactionid = cancelled_balances.transactionid
            and population.gross_cents = cancelled_balances.amount
            and population.number_within_amount = cancelled_balances.number_within_amount
    union all
    select
        population.ouid as charge_ouid,
        cancelled_balances.modified_at as cancelled_at
    from population
    inner join cancelled_balances
        on
            population.transactionid = cancelled_balances.transactionid
            and population.sum_cents = cancelled_balances.amount
    union all
    select
        charges.ouid as charge_ouid,
        bonus_cancellations.cancelled_at
    from report_oibl_work.tripica_charges as charges
    inner join bonus_cancellations
        on
            charges.billingaccountouid = bonus_cancellations.billingaccountouid
            and charges.customerouid = bonus_cancellations.customerouid
            and abs(charges.gross_cents) = bonus_cancellations.absolute_cents
    where charges.glid like '%_MANUAL_BONUS'
)

select
    charge_ouid,
    max(cancelled_at) as cancelled_at
from cancellations
group by charge_ouid;

analyze report_oibl_work.tripica_cancelled_charges;
