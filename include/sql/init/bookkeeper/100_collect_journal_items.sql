-- Collects the journal items of exported summaries with the dates, document number and tags that results and
-- tax lines share, one row per item. A tag is the largest value (byte order) among the item's metadata of the
-- two ledger types. Safe to re-run: the work table is replaced. Dates are those of the day in UTC.
-- docs/domain.md 2.3, 3.12, 6.1 N11.
set local client_min_messages = warning;
set local timezone = 'UTC';

drop table if exists report_oibl_work.bookkeeper_journal_items;

create table report_oibl_work.bookkeeper_journal_items as
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
