-- Records this run in the journal of booking runs, one row per business date: how many lines, tax lines and
-- documents there were, the span of their dates and the totals of both sides in euros. Entries older than
-- three years before the newest go. Safe to re-run, also for an older date: the row of the business date is
-- replaced. docs/domain.md, "History".

create table if not exists report_oibl.bookkeeper_runs (
    business_date date primary key,
    booking_lines bigint not null,
    tax_lines bigint not null,
    documents bigint not null,
    first_posting_date date,
    last_posting_date date,
    debit_total numeric,
    credit_total numeric
);

delete from report_oibl.bookkeeper_runs
where business_date = date '{{ business_date }}';

insert into report_oibl.bookkeeper_runs (
    business_date, booking_lines, tax_lines, documents,
    first_posting_date, last_posting_date, debit_total, credit_total
)
select
    date '{{ business_date }}' as business_date,
    count(*) as booking_lines,
    (select count(*) from report_oibl.bookkeeper_tax_lines) as tax_lines,
    (select count(*) from report_oibl.bookkeeper_document_headers) as documents,
    min(budat) as first_posting_date,
    max(budat) as last_posting_date,
    sum(replace(wrbed_aggregate, ',', '.')::numeric) filter (where newbs = '40') as debit_total,
    sum(replace(wrbed_aggregate, ',', '.')::numeric) filter (where newbs = '50') as credit_total
from report_oibl.bookkeeper_results;

delete from report_oibl.bookkeeper_runs
where business_date < (select max(business_date) - interval '3 years' from report_oibl.bookkeeper_runs);
