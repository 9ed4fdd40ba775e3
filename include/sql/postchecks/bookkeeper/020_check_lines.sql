-- Checks that every booking line and tax line is on one of the two sides, 40 (debit) or 50 (credit), as a
-- consumer would count any other on neither, and that every amount text is a euro amount with digits, a
-- decimal comma and 2 decimals, or null, as consumers read these texts back into numbers. docs/domain.md 2.3,
-- 3.10.
with lines as (
    select
        'bookkeeper_results' as table_name,
        xblnr,
        newbs,
        wrbed_aggregate as amount,
        wrbed_total as other_amount
    from report_oibl.bookkeeper_results
    union all
    select
        'bookkeeper_tax_lines' as table_name,
        xblnr,
        newbs,
        wrbed as amount,
        fwbas as other_amount
    from report_oibl.bookkeeper_tax_lines
),

inspected as (
    select
        table_name,
        xblnr,
        newbs,
        amount,
        other_amount,
        coalesce(newbs in ('40', '50'), false) as is_known_side,
        coalesce(amount !~ '^[0-9]+,[0-9]{2}$', false) as is_malformed,
        coalesce(other_amount !~ '^[0-9]+,[0-9]{2}$', false) as is_other_malformed
    from lines
    -- finds each out once a line
    offset 0 -- noqa: AM09
)

select
    count(*) filter (where not is_known_side) = 0 as only_known_sides,
    count(*) filter (where is_malformed or is_other_malformed) = 0 as amounts_well_formed,
    format(
        '%s of %s lines have a side other than 40 and 50%s; %s amounts do not look like 1234,56%s',
        count(*) filter (where not is_known_side),
        count(*),
        ', e.g. '
        || min(format('%L in %s of document %L', newbs, table_name, xblnr)) filter (where not is_known_side),
        count(*) filter (where is_malformed) + count(*) filter (where is_other_malformed),
        ', e.g. ' || coalesce(
            min(format('%L in %s of document %L', amount, table_name, xblnr)) filter (where is_malformed),
            min(format('%L in %s of document %L', other_amount, table_name, xblnr))
            filter (where is_other_malformed)
        )
    ) as details
from inspected;
