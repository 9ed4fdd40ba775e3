-- Builds the document headers, one row per journal entry of an exported summary, also for entries without
-- items. Safe to re-run: the work table is replaced. Rows are stored by document number and posting date.
-- docs/domain.md 2.3 (document headers).
set local client_min_messages = warning;

drop table if exists report_oibl_work.bookkeeper_document_headers;

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
