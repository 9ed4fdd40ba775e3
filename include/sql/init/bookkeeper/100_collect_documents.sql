-- Collects the documents of exported summaries: the headers, one row per journal entry, also for entries
-- without items, and the journal items with the dates, document number and tags that booking lines and tax
-- lines share. A tag is the largest value (byte order) among the item's metadata of the two ledger types.
-- Reads the references to tripica's tax aggregates as numbers; a notice says how many are none. Safe to
-- re-run: the work tables are replaced. Dates are days in UTC. docs/domain.md 2.3, 3.12, 6.1 N11, 6.3 F7.
set local timezone = 'UTC';

drop table if exists report_oibl_work.bookkeeper_document_headers;
drop table if exists report_oibl_work.bookkeeper_journal_items;
drop table if exists report_oibl_work.bookkeeper_tax_references;

create table report_oibl_work.bookkeeper_document_headers as
select
    entries.date as budat,
    entries.id::varchar as xbelnr
from bookkeeper_vault.summaries as summaries
inner join bookkeeper_vault.journal_entries as entries on summaries.uuid = entries.summaries_uuid
where summaries.export
order by
    entries.id collate "C",
    entries.date;

analyze report_oibl_work.bookkeeper_document_headers;

create unlogged table report_oibl_work.bookkeeper_journal_items as
with tags as (
    select
        journal_entry_items_uuid,
        max(value collate "C") filter (where key = 'aufnr') collate "default" as aufnr,
        max(value collate "C") filter (where key = 'gsber') collate "default" as gsber,
        max(value collate "C") filter (where key = 'mwskz') collate "default" as mwskz
    from bookkeeper_vault.journal_entry_item_account_metadata
    where
        type in ('rfbibl', 'schleupen')
        and key in ('aufnr', 'gsber', 'mwskz')
    group by journal_entry_items_uuid
)

select
    items.uuid,
    entries.id as document_number,
    entries.date as posting_date,
    summaries.create_time::date as document_date,
    -- least() ignores a null date
    least(summaries.file_created_at::date, summaries.create_time::date) as booking_created,
    items.account,
    items.amount,
    tags.aufnr,
    tags.gsber,
    tags.mwskz
from bookkeeper_vault.summaries as summaries
inner join bookkeeper_vault.journal_entries as entries on summaries.uuid = entries.summaries_uuid
inner join bookkeeper_vault.journal_entry_items as items on entries.uuid = items.journal_entries_uuid
left join tags on items.uuid = tags.journal_entry_items_uuid
where summaries.export;

analyze report_oibl_work.bookkeeper_journal_items;

create unlogged table report_oibl_work.bookkeeper_tax_references as
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

reset client_min_messages;
