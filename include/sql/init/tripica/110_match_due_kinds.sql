-- Finds the kinds of charges (glid and axis) that can be open items, with the number of patterns each
-- matches. The number matters for cancelled charges, where a kind that matches twice counts twice. Safe to
-- re-run: the table is replaced. docs/domain.md 2.5 (due-charge-type patterns), 3.8.
set local client_min_messages = warning;

drop table if exists report_oibl_work.tripica_due_kinds;

create unlogged table report_oibl_work.tripica_due_kinds as
with kinds as (
    select distinct
        glid,
        coalesce(analyticaxis, '') as analyticaxis
    from report_oibl_work.tripica_charges
)

select
    kinds.glid,
    kinds.analyticaxis,
    count(*) as matching_patterns
from kinds
inner join report_oibl_work.tripica_due_charge_types as due_types
    on kinds.glid like due_types.glid_pattern and kinds.analyticaxis like due_types.analyticaxis_pattern
group by kinds.glid, kinds.analyticaxis;

analyze report_oibl_work.tripica_due_kinds;
