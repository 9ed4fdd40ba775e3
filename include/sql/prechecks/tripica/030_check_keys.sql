-- Checks that no key of the sources that a join relies on stands in more than one row: each row of a repeated
-- charge, tax row, balance, account or payment would be counted, and multiply money. The sources are replicas
-- without constraints. The name of an account is a key where a linked account has it: its master accounts are
-- found by name. A repeated bill header changes nothing, so it is not looked for. Each table is read once for
-- each of its keys. Needs what 010 checks. docs/domain.md 1.1, 1.3, "Keys".
with linked_accounts as (
    select relationships.billingaccountouid as ouid
    from datalake_vault.billing_account_relationship as relationships
    inner join
        datalake_vault.billing_account as targets
        on relationships.targetbillingaccountouid = targets.ouid
),

repeated as (
    select
        'datalake_vault.applied_billing_charge.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.applied_billing_charge
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.applied_billing_tax_rate.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.applied_billing_tax_rate
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.billing_account.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.billing_account
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.billing_account.name' as key_name,
        billing_accounts.name::text as key_value,
        count(billing_accounts.name) as row_count
    from datalake_vault.billing_account as billing_accounts
    group by billing_accounts.name
    having
        count(billing_accounts.name) > 1
        and bool_or(billing_accounts.ouid in (select linked_accounts.ouid from linked_accounts))
    union all
    select
        'datalake_vault.billing_account_balance.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.billing_account_balance
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.charge_aggregate.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.charge_aggregate
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.login.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.login
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.payment_request.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.payment_request
    group by ouid
    having count(ouid) > 1
    union all
    select
        'datalake_vault.tax_aggregate.ouid' as key_name,
        ouid::text as key_value,
        count(ouid) as row_count
    from datalake_vault.tax_aggregate
    group by ouid
    having count(ouid) > 1
    union all
    select
        'paymentallocation_vault.bookings.id' as key_name,
        id::text as key_value,
        count(id) as row_count
    from paymentallocation_vault.bookings
    group by id
    having count(id) > 1
    union all
    select
        'paymentallocation_vault.payment_states.id' as key_name,
        id::text as key_value,
        count(id) as row_count
    from paymentallocation_vault.payment_states
    group by id
    having count(id) > 1
    union all
    select
        'paymentallocation_vault.payments.id' as key_name,
        id::text as key_value,
        count(id) as row_count
    from paymentallocation_vault.payments
    group by id
    having count(id) > 1
),

keys as (
    select
        key_name,
        count(*) as repeated_keys,
        min(format('%s in %s rows', key_value, row_count) collate "C") as example
    from repeated
    group by key_name
)

select
    count(*) = 0 as keys_are_unique,
    coalesce(
        string_agg(
            format('%s: %s key(s) in more than one row, e.g. %s', key_name, repeated_keys, example), '; '
            order by key_name
        ),
        'no key stands in more than one row'
    ) as details
from keys;
