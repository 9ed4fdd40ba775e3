-- Checks that every amount text is a euro amount with digits, a decimal comma and 2 decimals, or null:
-- consumers read these texts back into numbers. docs/domain.md 2.3.
with amounts as (
    select
        'bookkeeper_results' as table_name,
        results.xblnr,
        unnest(array[results.wrbed_aggregate, results.wrbed_total]) as amount
    from report_oibl.bookkeeper_results as results
    union all
    select
        'bookkeeper_tax_lines' as table_name,
        tax_lines.xblnr,
        unnest(array[tax_lines.wrbed, tax_lines.fwbas]) as amount
    from report_oibl.bookkeeper_tax_lines as tax_lines
),

malformed as (
    select
        table_name,
        xblnr,
        amount
    from amounts
    where amount !~ '^[0-9]+,[0-9]{2}$'
)

select
    count(*) = 0 as amounts_well_formed,
    format(
        '%s amounts do not look like 1234,56%s',
        count(*),
        ', e.g. ' || min(format('%L in %s of document %L', amount, table_name, xblnr))
    ) as details
from malformed;
