-- Checks that every table and column of the sources that the tripica scripts read is there and readable by
-- this role. The dunning schemas are missing here on purpose: without them the list is built without
-- dunning. Looks into the catalog only, as a query on a missing table would fail with the first one.
-- docs/domain.md 1.1, 1.3.
with expected as (
    select
        required.schema_name,
        required.table_name,
        unnest(required.column_names) as column_name
    from (
        values
        ('datalake_vault', 'billing_account', array['ouid', 'name', 'customerouid', 'characteristics']),
        (
            'datalake_vault',
            'billing_account_relationship',
            array['billingaccountouid', 'targetbillingaccountouid']
        ),
        ('datalake_vault', 'login', array['ouid', 'customerouid', 'externalid']),
        ('datalake_vault', 'settlement_note_advice', array['ouid', 'id', 'paymentduedate', 'datetimecreate']),
        (
            'datalake_vault', 'applied_billing_charge',
            array[
                'ouid',
                'transactionid',
                'billingaccountouid',
                'customerouid',
                'glid',
                'analyticaxis',
                'aggregateid',
                'accountingid', 'productname', 'startdatetime', 'enddatetime', 'settlementnoteadviceouid',
                'taxexcludedamount',
                'taxincludedamount',
                'datetimecreate',
                'datetimelastmodif',
                'characteristics'
            ]
        ),
        (
            'datalake_vault', 'applied_billing_tax_rate',
            array['ouid', 'appliedbillingchargeouid', 'taxcategory', 'taxrate', 'amount']
        ),
        ('datalake_vault', 'charge_aggregate', array['ouid', 'aggregateid']),
        (
            'datalake_vault',
            'tax_aggregate',
            array['ouid', 'chargeaggregateouid', 'taxcategory', 'taxrate', 'amount']
        ),
        (
            'datalake_vault', 'billing_account_balance',
            array[
                'ouid',
                'transactionid',
                'billingaccountouid',
                'status',
                'amount',
                'aggregateid',
                'accountingid',
                'startdatetime', 'letteringdate', 'datetimecreate', 'datetimelastmodif'
            ]
        ),
        (
            'datalake_vault', 'payment_request',
            array['ouid', 'transactionid', 'status', 'daterequest', 'datelastchangestatus']
        ),
        ('datalake_vault', 'payment_item', array['paymentouid', 'referredouid', 'referredtype', 'amount']),
        (
            'datalake_vault', 'product',
            array[
                'ouid',
                'name',
                'billingaccountouid',
                'startdatetime',
                'enddatetime',
                'orderdate',
                'characteristics'
            ]
        ),
        ('datalake_vault', 'product_order', array['ouid', 'state']),
        ('datalake_vault', 'order_item', array['product_ouid', 'productorderouid']),
        ('datalake_vault', 'note', array['productorderouid', 'text']),
        ('paymentallocation_vault', 'bookings', array['id', 'payment_id', 'payment_state_id', 'sap_id']),
        ('paymentallocation_vault', 'payments', array['id', 'amount']),
        ('paymentallocation_vault', 'payment_states', array['id', 'payment_status'])
    ) as required (schema_name, table_name, column_names)
),

vault_columns as (
    select
        vault_schema.nspname as schema_name,
        vault_table.relname as table_name,
        vault_column.attname as column_name,
        has_schema_privilege(vault_schema.oid, 'usage')
        and has_column_privilege(vault_table.oid, vault_column.attnum, 'select') as is_readable
    from pg_catalog.pg_namespace as vault_schema
    inner join pg_catalog.pg_class as vault_table on vault_schema.oid = vault_table.relnamespace
    inner join pg_catalog.pg_attribute as vault_column on vault_table.oid = vault_column.attrelid
    where
        vault_schema.nspname in ('datalake_vault', 'paymentallocation_vault')
        and vault_table.relkind in ('r', 'p', 'v', 'm', 'f')
        and vault_column.attnum > 0
        and not vault_column.attisdropped
),

inspected as (
    select
        expected.schema_name || '.' || expected.table_name as table_name,
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
            expected.schema_name = vault_columns.schema_name
            and expected.table_name = vault_columns.table_name
            and expected.column_name = vault_columns.column_name
    group by expected.schema_name, expected.table_name
)

select
    count(*) filter (where problem <> '') = 0 as source_tables_readable,
    format(
        '%s of %s source tables cannot be read by role %s%s',
        count(*) filter (where problem <> ''),
        count(*),
        current_user,
        ': '
        || string_agg(table_name || ' is ' || problem, '; ' order by table_name) filter (where problem <> '')
    ) as details
from inspected;
