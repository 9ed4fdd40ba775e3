-- Checks that the results of the booking system are there, readable, and not too old: built for a business
-- date at most seven days before this run's. The business date stands in the comment of the table. Looks
-- into the catalog only, as a query on a missing table would fail. docs/domain.md 5.1.
with limits as (
    select 7 as maximum_age_days
),

expected as (
    select
        required.table_name,
        relations.oid as table_oid,
        coalesce(has_table_privilege(relations.oid, 'select'), false) as is_readable
    from (
        values
        ('bookkeeper_results'),
        ('bookkeeper_tax_lines'),
        ('bookkeeper_document_headers')
    ) as required (table_name)
    left join pg_catalog.pg_class as relations
        on required.table_name = relations.relname and relations.relnamespace = to_regnamespace('report_oibl')
),

inspected as (
    select
        bool_and(is_readable) as all_readable,
        string_agg(table_name, ', ' order by table_name) filter (where not is_readable) as unreadable_tables,
        max(
            substring(
                obj_description(table_oid, 'pg_class') from 'business date ([0-9]{4}-[0-9]{2}-[0-9]{2})'
            )::date
        ) filter (where table_name = 'bookkeeper_results') as built_for
    from expected
)

select
    inspected.all_readable as booking_results_readable,
    coalesce(
        inspected.built_for >= date '{{ business_date }}' - limits.maximum_age_days, false
    ) as booking_results_recent,
    format(
        '%s; built for business date %s, expected %s or later for this run of %s',
        coalesce('not readable in report_oibl: ' || inspected.unreadable_tables, 'all tables are readable'),
        coalesce(inspected.built_for::text, 'unknown'),
        date '{{ business_date }}' - limits.maximum_age_days,
        date '{{ business_date }}'
    ) as details
from inspected
cross join limits;
