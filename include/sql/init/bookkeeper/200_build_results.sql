-- Builds the booking lines, one row per journal item x source x source item (an item without them gives one
-- row without aggregate and formula), and the tax lines, one row per journal item x tax line x tax source x
-- tax source item (a tax source without items gives one row without amounts). A slash stands for a field that
-- bookkeeper does not know. Safe to re-run: the work tables are replaced. Rows are stored by document number,
-- item, source, source item, so that equal data gives equal files. docs/domain.md 2.3, 6.2 K16.
drop table if exists report_oibl_work.bookkeeper_results;
drop table if exists report_oibl_work.bookkeeper_tax_lines;

create table report_oibl_work.bookkeeper_results as
-- sorted before the texts are made
with lines as (
    select
        items.booking_created,
        items.posting_date,
        items.document_date,
        items.aufnr,
        items.gsber,
        items.mwskz,
        items.amount as item_amount,
        items.account,
        items.document_number,
        source_items.amount as source_amount,
        source_items.tax_index,
        source_items.amount_formula,
        transaction_items.external_reference as aggregate_id,
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
        source_items.tax_index
)

select
    -1 as booking_execution_id,
    booking_created,
    'bbseg'::text as booking_src,
    ''::text as key,
    'ED'::text as ba,
    posting_date as budat,
    '100'::text as bukrs,
    document_date as beldat,
    coalesce(aufnr, '/') as aufnr,
    coalesce(gsber, '/') as gsber,
    '/'::text as kostl,
    '/'::text as newbk,
    '/'::text as prced,
    '/'::text as sgtxt,
    '/'::text as vbund,
    '/'::text as zterm,
    '/'::text as zuonr,
    '/'::text as psegment,
    coalesce(mwskz, '/') as mwskz,
    report_oibl_work.bookkeeper_side(item_amount) as newbs,
    account::varchar as newko,
    report_oibl_work.bookkeeper_euro_text(source_amount) as wrbed_aggregate,
    report_oibl_work.bookkeeper_euro_text(item_amount) as wrbed_total,
    document_number::varchar as xblnr,
    case when tax_index is null then '/' else 'X' end as xstba,
    aggregate_id::varchar as aggregate_id,
    amount_formula::varchar as amount_calculation,
    tax_aggregate_ouid
from lines;

analyze report_oibl_work.bookkeeper_results;

-- published with the table: systems that read it check its age by this
comment on table report_oibl_work.bookkeeper_results is
'booking lines built for business date {{ business_date }}';

-- newko is the client's account of the tax code, null where there is none
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
