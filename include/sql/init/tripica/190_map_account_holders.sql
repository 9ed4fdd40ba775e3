-- Maps each billing account to who holds it: one row per account, login of its customer and master account,
-- with the dunning of the master. Equal rows are kept for the balances and told apart by copy_no; holder_no
-- numbers the distinct ones, 1 is the holder an open item is reported for. Safe to re-run: the table is
-- replaced. docs/domain.md 2.6 (account mapping, mba, cba, customer_id, migration_flag), 2.7, 6.1 N1, 6.2
-- K15.
set local client_min_messages = warning;

drop table if exists report_oibl_work.tripica_account_holders;

create unlogged table report_oibl_work.tripica_account_holders as
with masters as (
    select
        children.name as cba,
        targets.name as mba,
        targets.characteristics ->> 'migrationFlag' as migration_flag
    from datalake_vault.billing_account_relationship as relationships
    inner join datalake_vault.billing_account as children on relationships.billingaccountouid = children.ouid
    inner join
        datalake_vault.billing_account as targets
        on relationships.targetbillingaccountouid = targets.ouid
),

holders as (
    select
        billing_accounts.ouid as account_ouid,
        logins.ouid as login_ouid,
        masters.cba,
        logins.externalid as customer_id,
        coalesce(masters.mba, billing_accounts.name) as mba,
        coalesce(billing_accounts.characteristics ->> 'migrationFlag', masters.migration_flag)
            as migration_flag
    from datalake_vault.billing_account as billing_accounts
    left join datalake_vault.login as logins on billing_accounts.customerouid = logins.customerouid
    left join masters on billing_accounts.name = masters.cba
)

select
    holders.*,
    dunning.dunning_status,
    dunning.dunning_level,
    dunning.dunning_scenario,
    dunning.dunning_lock_until,
    dunning.dunning_lock_reason,
    dense_rank() over (
        partition by holders.account_ouid
        order by
            holders.mba collate "C",
            holders.login_ouid,
            holders.cba collate "C",
            holders.customer_id collate "C",
            holders.migration_flag collate "C"
    ) as holder_no,
    row_number() over (
        partition by
            holders.account_ouid, holders.mba, holders.login_ouid, holders.cba, holders.customer_id,
            holders.migration_flag
    ) as copy_no
from holders
left join report_oibl_work.tripica_dunning as dunning on holders.mba = dunning.mba;

analyze report_oibl_work.tripica_account_holders;
