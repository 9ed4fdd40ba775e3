-- Checks that no key of bookkeeper_vault that a join relies on stands in more than one row: each row of a
-- repeated booking run, document, line or reference would be counted, and multiply money. The source is a
-- replica without constraints. Booking runs that are not exported, their documents and lines may repeat. To
-- leave out what belongs to these lines would take a join of the largest tables. Needs what 010 checks.
-- docs/domain.md 1.4, "Keys".

-- not materialized: two processes read the tables
with counted_summaries as not materialized (
    select uuid
    from bookkeeper_vault.summaries
    where export
),

counted_entries as not materialized (
    select entries.uuid
    from bookkeeper_vault.journal_entries as entries
    where entries.summaries_uuid in (select counted_summaries.uuid from counted_summaries)
),

repeated as (
    select
        'bookkeeper_vault.journal_entries.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from counted_entries
    group by uuid
    having count(uuid) > 1
    union all
    select
        'bookkeeper_vault.journal_entry_item_sources.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from bookkeeper_vault.journal_entry_item_sources
    group by uuid
    having count(uuid) > 1
    union all
    select
        'bookkeeper_vault.journal_entry_item_tax_sources.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from bookkeeper_vault.journal_entry_item_tax_sources
    group by uuid
    having count(uuid) > 1
    union all
    select
        'bookkeeper_vault.journal_entry_item_taxes.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from bookkeeper_vault.journal_entry_item_taxes
    group by uuid
    having count(uuid) > 1
    union all
    select
        'bookkeeper_vault.journal_entry_items.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from bookkeeper_vault.journal_entry_items
    where journal_entries_uuid in (select counted_entries.uuid from counted_entries)
    group by uuid
    having count(uuid) > 1
    union all
    select
        'bookkeeper_vault.summaries.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from counted_summaries
    group by uuid
    having count(uuid) > 1
    union all
    select
        'bookkeeper_vault.transaction_item_taxes.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from bookkeeper_vault.transaction_item_taxes
    group by uuid
    having count(uuid) > 1
    union all
    select
        'bookkeeper_vault.transaction_items.uuid' as key_name,
        uuid::text as key_value,
        count(uuid) as row_count
    from bookkeeper_vault.transaction_items
    group by uuid
    having count(uuid) > 1
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
