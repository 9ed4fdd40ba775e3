-- Checks that not more than the set share of the booking rows are without account: they show a tax code in
-- its place, for which no account of the client is known, or, as payments, nothing. All may be where a client
-- has no accounts for its tax codes. The share is a setting in report_oibl.tripica_limits.
-- docs/domain.md 2.3, 3.10, "Limits".
with booking_rows as (
    select
        case
            when coalesce(booking_mainledger_account, '') = '' then 'none'
            when starts_with(booking_mainledger_account, 'tax code: ') then booking_mainledger_account
        end as missing_account,
        count(*) as row_count
    from report_oibl.tripica_results
    where booking_reference_document_number is not null
    group by 1
),

counted as (
    select
        coalesce(sum(row_count), 0) as row_count,
        coalesce(sum(row_count) filter (where missing_account is not null), 0) as missing
    from booking_rows
),

examples as (
    select string_agg(format('%s (%s)', missing_account, row_count), ', ' order by place) as listed
    from (
        select
            missing_account,
            row_count,
            row_number() over (order by row_count desc, missing_account collate "C" asc) as place
        from booking_rows
        where missing_account is not null
    ) as ranked
    where place <= 10
)

select
    counted.missing <= limits.limit_value * counted.row_count as accounts_known,
    format(
        '%s of %s booking rows have no account, at most a share of %s may%s',
        counted.missing,
        counted.row_count,
        limits.limit_value,
        '; most often: ' || examples.listed
    ) as details
from counted
cross join examples
cross join report_oibl.tripica_limits as limits
where limits.limit_name = 'missing_account_share';
