-- Forgets what the history of the open items says of days longer ago than its retention, counted from the
-- newest business date, and the runs of those days. The retention is a setting in
-- report_oibl.tripica_limits. Safe to re-run: what is gone is passed over. docs/domain.md, "History".
with horizon as (
    select max(runs.business_date) - max(limits.limit_value)::integer as oldest_day
    from report_oibl.tripica_history_runs as runs
    cross join report_oibl.tripica_limits as limits
    where limits.limit_name = 'history_retention_days'
)

delete from report_oibl.tripica_open_items_history
where valid_until <= (select oldest_day from horizon);

with horizon as (
    select max(runs.business_date) - max(limits.limit_value)::integer as oldest_day
    from report_oibl.tripica_history_runs as runs
    cross join report_oibl.tripica_limits as limits
    where limits.limit_name = 'history_retention_days'
)

delete from report_oibl.tripica_history_runs
where business_date < (select oldest_day from horizon);

drop table if exists report_oibl_work.tripica_items_of_run;
