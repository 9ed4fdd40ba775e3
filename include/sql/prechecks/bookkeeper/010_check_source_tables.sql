-- Checks that every table and column of bookkeeper_vault that the bookkeeper scripts read is there and
-- readable by this role. The details list all that are not. Looks into the catalog only, as a query on a
-- missing table would fail with the first one. docs/domain.md 1.4.
with expected as (
    select
        required.table_name,
        unnest(required.column_names) as column_name
    from (
        values
        ('summaries', array['uuid', 'create_time', 'file_created_at', 'export']),
        ('journal_entries', array['uuid', 'summaries_uuid', 'id', 'date']),
        ('journal_entry_items', array['uuid', 'journal_entries_uuid', 'account', 'amount']),
        ('journal_entry_item_account_metadata', array['journal_entry_items_uuid', 'type', 'key', 'value']),
        ('journal_entry_item_sources', array['uuid', 'journal_entry_items_uuid']),
        (
            'journal_entry_item_source_items',
            array[
                'journal_entry_item_sources_uuid', 'transaction_items_uuid', 'transaction_item_taxes_uuid',
                'amount', 'amount_formula', 'tax_index'
            ]
        ),
        ('transaction_items', array['uuid', 'external_reference']),
        ('transaction_item_taxes', array['uuid', 'external_reference']),
        ('journal_entry_item_taxes', array['uuid', 'journal_entry_items_uuid', 'amount']),
        ('journal_entry_item_tax_sources', array['uuid', 'journal_entry_item_taxes_uuid']),
        (
            'journal_entry_item_tax_source_items',
            array[
                'journal_entry_item_tax_sources_uuid', 'transaction_items_uuid',
                'amount', 'base_amount', 'amount_formula'
            ]
        )
    ) as required (table_name, column_names)
),

vault_columns as (
    select
        vault_table.relname as table_name,
        vault_column.attname as column_name,
        has_schema_privilege(vault_schema.oid, 'usage')
        and has_column_privilege(vault_table.oid, vault_column.attnum, 'select') as is_readable
    from pg_catalog.pg_namespace as vault_schema
    inner join pg_catalog.pg_class as vault_table on vault_schema.oid = vault_table.relnamespace
    inner join pg_catalog.pg_attribute as vault_column on vault_table.oid = vault_column.attrelid
    where
        vault_schema.nspname = 'bookkeeper_vault'
        and vault_table.relkind in ('r', 'p', 'v', 'm', 'f')
        and vault_column.attnum > 0
        and not vault_column.attisdropped
),

inspected as (
    select
        expected.table_name,
        concat_ws(
            ' and ',
            case
                when count(vault_columns.column_name) = 0 then 'missing'
                else
                    'without column '
                    || string_agg(expected.column_name, ', ' order by expected.column_name)
                    filter (where vault_columns.column_name is null)
            end,
            case when bool_or(not vault_columns.is_readable) then 'not readable' end
        ) as problem
    from expected
    left join vault_columns
        on
            expected.table_name = vault_columns.table_name
            and expected.column_name = vault_columns.column_name
    group by expected.table_name
)

select
    count(*) filter (where problem <> '') = 0 as source_tables_readable,
    format(
        '%s of %s tables of bookkeeper_vault cannot be read by role %s%s',
        count(*) filter (where problem <> ''),
        count(*),
        current_user,
        ': '
        || string_agg(table_name || ' is ' || problem, '; ' order by table_name) filter (where problem <> '')
    ) as details
from inspected;
