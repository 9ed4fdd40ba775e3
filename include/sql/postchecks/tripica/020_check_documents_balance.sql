-- Checks that debit and credit of the documents agree where the rules promise it: in documents whose own
-- lines agree in the booking system. A document is unbalanced if its sums over all row families differ by
-- more than the tolerance, and more than the set share of unbalanced documents fails the run: a share,
-- because the source holds legacy differences. Both are settings in report_oibl.tripica_limits.
-- docs/domain.md 3.10, "Limits".
with limits as (
    select
        max(limit_value) filter (where limit_name = 'document_tolerance') as tolerance,
        max(limit_value) filter (where limit_name = 'unbalanced_document_share') as allowed_share
    from report_oibl.tripica_limits
),

ledger_lines as (
    select
        xblnr,
        newbs,
        wrbed_aggregate as amount
    from report_oibl.bookkeeper_results
    union all
    select
        xblnr,
        newbs,
        wrbed as amount
    from report_oibl.bookkeeper_tax_lines
),

-- a document with a line whose amount is missing or no text like 1234,56 is not judged
ledger_amounts as (
    select
        xblnr,
        newbs,
        case when amount ~ '^-?[0-9]+(,[0-9]+)?$' then replace(amount, ',', '.')::numeric end as amount
    from ledger_lines
),

balanced_in_ledger as (
    select ledger_amounts.xblnr
    from ledger_amounts
    cross join limits
    group by ledger_amounts.xblnr, limits.tolerance
    having
        count(*) = count(ledger_amounts.amount)
        and abs(
            coalesce(sum(ledger_amounts.amount) filter (where ledger_amounts.newbs = '40'), 0)
            - coalesce(sum(ledger_amounts.amount) filter (where ledger_amounts.newbs = '50'), 0)
        ) <= limits.tolerance
),

documents as (
    select
        booking_reference_document_number as document_number,
        coalesce(sum(booking_debit_amount), 0) as debit,
        coalesce(sum(booking_credit_amount), 0) as credit
    from report_oibl.tripica_results
    where booking_reference_document_number in (select balanced_in_ledger.xblnr from balanced_in_ledger)
    group by booking_reference_document_number
),

inspected as (
    select
        documents.document_number,
        documents.debit,
        documents.credit,
        abs(documents.debit - documents.credit) > limits.tolerance as is_unbalanced
    from documents
    cross join limits
),

counted as (
    select
        count(*) as documents,
        count(*) filter (where is_unbalanced) as unbalanced,
        sum(abs(debit - credit)) filter (where is_unbalanced) as difference
    from inspected
),

largest as (
    select
        document_number,
        debit,
        credit
    from inspected
    where is_unbalanced
    order by
        abs(debit - credit) desc,
        document_number collate "C" asc
    limit 10
),

examples as (
    select
        string_agg(
            format('%s (debit %s, credit %s)', document_number, debit, credit), ', '
            order by abs(debit - credit) desc, document_number collate "C" asc
        ) as listed
    from largest
)

select
    counted.unbalanced <= limits.allowed_share * counted.documents as documents_balanced,
    format(
        '%s of %s documents that balance in the ledger differ by more than %s euros, %s euros in all; '
        'at most a share of %s may%s',
        counted.unbalanced,
        counted.documents,
        limits.tolerance,
        coalesce(counted.difference, 0),
        limits.allowed_share,
        '; the largest: ' || examples.listed
    ) as details
from counted
cross join limits
cross join examples;
