-- Builds the tax lines, one row per journal item x tax line x tax source x tax source item; a tax source
-- without items gives one row without amounts. newko is the client's account of the tax code, null where
-- there is none. Safe to re-run: the work table is replaced. Rows are stored by document number, item, tax
-- line, source, source item. docs/domain.md 2.3 (tax lines).
set local client_min_messages = warning;

drop table if exists report_oibl_work.bookkeeper_tax_lines;

create table report_oibl_work.bookkeeper_tax_lines as
select
    -1 as bbtax_booking_execution_id,
    items.booking_created as bbtax_booking_created,
    coalesce(items.mwskz, '/') as mwskz,
    report_oibl_work.bookkeeper_side(taxes.amount) as newbs,
    tax_accounts.account as newko,
    items.document_number::varchar as xblnr,
    report_oibl_work.bookkeeper_euro_text(source_items.amount) as wrbed,
    report_oibl_work.bookkeeper_euro_text(source_items.base_amount) as fwbas,
    transaction_items.external_reference::varchar as aggregate_id,
    source_items.amount_formula::varchar as amount_calculation,
    '/'::text as key,
    '/'::text as aufnr,
    '/'::text as gsber,
    '/'::text as kostl,
    '/'::text as newbk,
    '/'::text as prced,
    '/'::text as sgtxt,
    '/'::text as vbund,
    '/'::text as xstba,
    '/'::text as zterm,
    '/'::text as zuonr,
    '/'::text as psegment
from report_oibl_work.bookkeeper_journal_items as items
inner join bookkeeper_vault.journal_entry_item_taxes as taxes
    on items.uuid = taxes.journal_entry_items_uuid
inner join bookkeeper_vault.journal_entry_item_tax_sources as sources
    on taxes.uuid = sources.journal_entry_item_taxes_uuid
left join bookkeeper_vault.journal_entry_item_tax_source_items as source_items
    on sources.uuid = source_items.journal_entry_item_tax_sources_uuid
left join bookkeeper_vault.transaction_items as transaction_items
    on source_items.transaction_items_uuid = transaction_items.uuid
left join report_oibl_work.bookkeeper_tax_accounts as tax_accounts
    on items.mwskz = tax_accounts.mwskz
order by
    items.document_number collate "C",
    items.uuid,
    taxes.uuid,
    sources.uuid,
    transaction_items.external_reference collate "C",
    source_items.amount_formula collate "C",
    source_items.amount,
    source_items.base_amount;

analyze report_oibl_work.bookkeeper_tax_lines;
