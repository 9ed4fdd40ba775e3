-- Picks the write-off of each charge from the comma separated charge lists of completed write-off orders, one
-- row per charge: of several the one ordered last, a missing order date counts as last. List elements that
-- are no charge number are ignored, and a notice says how many there are. Safe to re-run: the tables are
-- replaced. docs/domain.md 3.6, 6.1 N7, N8, 6.3 F6.
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_write_offs;
drop table if exists report_oibl_work.tripica_write_off_elements;

create unlogged table report_oibl_work.tripica_write_off_elements as
with elements as (
    select
        products.ouid as product_ouid,
        products.orderdate as ordered_at,
        products.orderdate::date as write_off_date,
        products.characteristics ->> 'CANCELLATION_REASON' as write_off_reason,
        orders.ouid as order_ouid,
        notes.text as write_off_note,
        btrim(listed.element, E' \t\n\v\f\r') as element
    from datalake_vault.product as products
    inner join datalake_vault.order_item as items on products.ouid = items.product_ouid
    inner join datalake_vault.product_order as orders on items.productorderouid = orders.ouid
    left join datalake_vault.note as notes on orders.ouid = notes.productorderouid
    cross join lateral string_to_table(products.characteristics ->> 'CHARGES_OUIDS', ',') as listed (element)
    where
        products.name like '%ACTCHARGESCANCELLATION%'
        and orders.state = 'COMPLETED'
)

select
    elements.*,
    -- nested, as only case orders its casts
    case
        when elements.element ~ '^[0-9]+$'
            then case when elements.element::numeric <= 9223372036854775807 then elements.element::bigint end
    end as charge_ouid
from elements;

analyze report_oibl_work.tripica_write_off_elements;

set local client_min_messages = notice;

do $$
declare
    unreadable bigint;
    example text;
begin
    select
        count(*),
        min(format('%L of product %s', element, product_ouid) collate "C")
    into unreadable, example
    from report_oibl_work.tripica_write_off_elements
    where charge_ouid is null and element <> '';

    if unreadable > 0 then
        raise notice 'ignored % element(s) of CHARGES_OUIDS that are no charge number, e.g. %', unreadable, example;
    end if;
end
$$;

reset client_min_messages;

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
