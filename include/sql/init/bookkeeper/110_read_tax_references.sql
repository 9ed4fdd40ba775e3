-- Reads the references to tripica's tax aggregates as numbers, one row per transaction item tax. A reference
-- that is no whole number counts as missing; a notice says how many there are. Safe to re-run: the work table
-- is replaced. docs/domain.md 2.3, 6.3 F7.
set local client_min_messages = warning;

drop table if exists report_oibl_work.bookkeeper_tax_references;

create table report_oibl_work.bookkeeper_tax_references as
select
    taxes.uuid,
    taxes.external_reference,
    report_oibl_work.bookkeeper_whole_number(taxes.external_reference) as tax_aggregate_ouid
from bookkeeper_vault.transaction_item_taxes as taxes;

analyze report_oibl_work.bookkeeper_tax_references;

set local client_min_messages = notice;

do $$
declare
    unreadable bigint;
    example text;
begin
    select
        count(*),
        min(format('%L (uuid %s)', external_reference, uuid) collate "C")
    into unreadable, example
    from report_oibl_work.bookkeeper_tax_references
    where external_reference is not null and tax_aggregate_ouid is null;

    if unreadable > 0 then
        raise notice
            '% row(s) of bookkeeper_vault.transaction_item_taxes hold no whole number, taken as null, e.g. %',
            unreadable, example;
    end if;
end
$$;
