-- Checks that every booking line and tax line is on one of the two sides, 40 (debit) or 50 (credit): a
-- consumer would count any other on neither. docs/domain.md 2.3, 3.10.
with lines as (
    select
        'bookkeeper_results' as table_name,
        xblnr,
        newbs
    from report_oibl.bookkeeper_results
    union all
    select
        'bookkeeper_tax_lines' as table_name,
        xblnr,
        newbs
    from report_oibl.bookkeeper_tax_lines
),

inspected as (
    select
        table_name,
        xblnr,
        newbs,
        coalesce(newbs in ('40', '50'), false) as is_known
    from lines
)

select
    count(*) filter (where not is_known) = 0 as only_known_sides,
    format(
        '%s of %s lines have a side other than 40 and 50%s',
        count(*) filter (where not is_known),
        count(*),
        ', e.g. '
        || min(format('%L in %s of document %L', newbs, table_name, xblnr)) filter (where not is_known)
    ) as details
from inspected;
