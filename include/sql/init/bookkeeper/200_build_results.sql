-- Builds the booking lines, one row per journal item x source x source item; an item without them gives one
-- row without aggregate and formula. A slash stands for a field bookkeeper does not know. Reads what 100 and
-- 110 collected. Safe to re-run: the work table is replaced. Rows are stored by document number, item,
-- source, source item, so that equal data gives equal files. docs/domain.md 2.3 (booking lines), 6.2 K16.
set local client_min_messages = warning;

drop table if exists report_oibl_work.bookkeeper_results;

create table report_oibl_work.bookkeeper_results as
select
    -1 as booking_execution_id,
    items.booking_created,
    'bbseg'::text as booking_src,
    ''::text as key,
    'ED'::text as ba,
    items.posting_date as budat,
    '100'::text as bukrs,
    items.document_date as beldat,
    coalesce(items.aufnr, '/') as aufnr,
    coalesce(items.gsber, '/') as gsber,
    '/'::text as kostl,
    '/'::text as newbk,
    '/'::text as prced,
    '/'::text as sgtxt,
    '/'::text as vbund,
    '/'::text as zterm,
    '/'::text as zuonr,
    '/'::text as psegment,
    coalesce(items.mwskz, '/') as mwskz,
    report_oibl_work.bookkeeper_side(items.amount) as newbs,
    items.account::varchar as newko,
    report_oibl_work.bookkeeper_euro_text(source_items.amount) as wrbed_aggregate,
    report_oibl_work.bookkeeper_euro_text(items.amount) as wrbed_total,
    items.document_number::varchar as xblnr,
    case when source_items.tax_index is null then '/' else 'X' end as xstba,
    transaction_items.external_reference::varchar as aggregate_id,
    source_items.amount_formula::varchar as amount_calculation,
    tax_references.tax_aggregate_ouid
from report_oibl_work.bookkeeper_journal_items as items
left join bookkeeper_vault.journal_entry_item_sources as sources
    on items.uuid = sources.journal_entry_items_uuid
left join bookkeeper_vault.journal_entry_item_source_items as source_items
    on sources.uuid = source_items.journal_entry_item_sources_uuid
left join bookkeeper_vault.transaction_items as transaction_items
    on source_items.transaction_items_uuid = transaction_items.uuid
left join report_oibl_work.bookkeeper_tax_references as tax_references
    on source_items.transaction_item_taxes_uuid = tax_references.uuid
order by
    items.document_number collate "C",
    items.uuid,
    sources.uuid,
    transaction_items.external_reference collate "C",
    source_items.amount_formula collate "C",
    tax_references.tax_aggregate_ouid,
    source_items.amount,
    source_items.tax_index;

analyze report_oibl_work.bookkeeper_results;

-- published with the table: systems that read it check its age by this
comment on table report_oibl_work.bookkeeper_results is
'booking lines built for business date {{ business_date }}';
