-- Picks the write-off of each charge, one row per charge: of several the one ordered last, a missing order
-- date counts as last. Safe to re-run: the table is replaced. docs/domain.md 3.6, 6.1 N7, N8.
set local client_min_messages = warning;

drop table if exists report_oibl_work.tripica_write_offs;

create unlogged table report_oibl_work.tripica_write_offs as
select distinct on (charge_ouid)
    charge_ouid,
    write_off_date,
    write_off_reason,
    write_off_note
from report_oibl_work.tripica_write_off_elements
where charge_ouid is not null
order by
    charge_ouid asc,
    ordered_at desc nulls first,
    write_off_note collate "C" asc nulls last,
    order_ouid asc,
    product_ouid asc,
    write_off_reason collate "C" asc;

analyze report_oibl_work.tripica_write_offs;
