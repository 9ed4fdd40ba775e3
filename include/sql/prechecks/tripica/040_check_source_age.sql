-- Checks that the sources are not too old for this run: a replica that stands still gives the list of an
-- earlier day. The newest changes of charges and balances, which come every working day, may lie as many days
-- before the business date as the limit source_age_days says. An empty table has no age, so it passes.
-- Environments local and dev have no limit, since their samples and copies stand still. The report names the
-- newest change of each source. Needs what 010 checks. docs/domain.md 1.1, 1.2, "Limits".
with optional_tables as (
    select format('%s.%s', vaults.nspname, relations.relname) as table_name
    from pg_catalog.pg_namespace as vaults
    inner join pg_catalog.pg_class as relations on vaults.oid = relations.relnamespace
    where
        vaults.nspname in ('report_oibl', 'receivablemanagement_vault', 'dunninglock_vault')
        and relations.relkind in ('r', 'p', 'v', 'm', 'f')
        and has_schema_privilege(vaults.oid, 'usage')
        and has_table_privilege(relations.oid, 'select')
),

-- A query that names a missing table fails. So ts_stat(), which runs a text and gives its words, gets one
-- only where the table is there: the limits are missing before the first run, dunning may always be.
optional_values as (
    select
        queries.value_name,
        found.word::numeric as found_value
    from (
        values
        (
            'source_age_days', 'report_oibl.tripica_limits',
            'select array_to_tsvector(array_agg(limit_value::text)) from report_oibl.tripica_limits
            where limit_name = ''source_age_days'' having count(*) > 0'
        ),
        (
            'case_receivables', 'receivablemanagement_vault.case_receivables',
            'select array_to_tsvector(array[extract(epoch from max(created_at))::text])
            from receivablemanagement_vault.case_receivables where created_at <= now() having count(*) > 0'
        ),
        (
            'dunning_locks', 'dunninglock_vault.dunning_locks',
            'select array_to_tsvector(array[extract(epoch from max(updated_at))::text])
            from dunninglock_vault.dunning_locks where updated_at <= now() having count(*) > 0'
        )
    ) as queries (value_name, table_name, query_text)
    inner join optional_tables on queries.table_name = optional_tables.table_name
    cross join
        lateral ts_stat( -- noqa: ST05
            case when optional_tables.table_name is not null then queries.query_text end
        ) as found
),

limits as (
    select
        date '{{ business_date }}'
        - case
            when '{{ environment }}' not in ('local', 'dev') then coalesce(max(found_value)::integer, 7)
        end as expected_since
    from optional_values
    where value_name = 'source_age_days'
),

-- a change later than now is none: it would hide that nothing comes any more; a row that was never changed
-- may show its creation only
newest_changes as (
    select
        'applied_billing_charge' as source_name,
        true as is_judged,
        count(*) = 0 as is_empty,
        greatest(
            max(datetimecreate) filter (where datetimecreate <= now()),
            max(datetimelastmodif) filter (where datetimelastmodif <= now())
        )::timestamptz as changed_at
    from datalake_vault.applied_billing_charge
    union all
    select
        'billing_account_balance' as source_name,
        true as is_judged,
        count(*) = 0 as is_empty,
        greatest(
            max(datetimecreate) filter (where datetimecreate <= now()),
            max(datetimelastmodif) filter (where datetimelastmodif <= now())
        )::timestamptz as changed_at
    from datalake_vault.billing_account_balance
    union all
    select
        'payment_request' as source_name,
        false as is_judged,
        count(*) = 0 as is_empty,
        (max(datelastchangestatus) filter (where datelastchangestatus <= now()))::timestamptz as changed_at
    from datalake_vault.payment_request
    union all
    select
        'settlement_note_advice' as source_name,
        false as is_judged,
        count(*) = 0 as is_empty,
        (max(datetimecreate) filter (where datetimecreate <= now()))::timestamptz as changed_at
    from datalake_vault.settlement_note_advice
    union all
    select
        value_name as source_name,
        false as is_judged,
        false as is_empty,
        to_timestamp(found_value::double precision) as changed_at
    from optional_values
    where value_name <> 'source_age_days'
),

sources as (
    select
        format(
            '%s %s', newest_changes.source_name,
            case
                when newest_changes.is_empty then 'no rows'
                else
                    coalesce(
                        to_char(newest_changes.changed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
                        'no change'
                    )
            end
        ) as shown,
        newest_changes.is_judged
        and not newest_changes.is_empty
        and coalesce(
            (newest_changes.changed_at at time zone 'UTC')::date < limits.expected_since,
            limits.expected_since is not null
        ) as is_too_old
    from newest_changes
    cross join limits
)

select
    not bool_or(sources.is_too_old) as sources_are_recent,
    coalesce(
        format(
            '%s; expected changes of ',
            coalesce(
                'too old: '
                || string_agg(sources.shown, ', ' order by sources.shown) filter (where sources.is_too_old),
                'no source is too old'
            )
        )
        || min(limits.expected_since) || ' or later for this run of ' || date '{{ business_date }}',
        'no limit in environment {{ environment }}'
    ) as details,
    'sources as of: ' || string_agg(sources.shown, ', ' order by sources.shown) as report
from sources
cross join limits;
