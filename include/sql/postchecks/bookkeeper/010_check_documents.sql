-- Checks that no booking line, tax line or document header got lost or doubled, and that every document
-- belongs to a summary marked for export: the others are drafts. The sources are counted along the joins that
-- make a row, without the look-ups that fill its columns. Number and posting date tell documents apart, as a
-- number alone may come up again; tax lines hold the number only. docs/domain.md 2.3.
with exported_entries as (
    select
        entries.uuid,
        entries.id,
        entries.date
    from bookkeeper_vault.journal_entries as entries
    inner join bookkeeper_vault.summaries as summaries on entries.summaries_uuid = summaries.uuid
    where summaries.export
),

exported_items as (
    select items.uuid
    from exported_entries
    inner join bookkeeper_vault.journal_entry_items as items
        on exported_entries.uuid = items.journal_entries_uuid
),

-- materialized: the columns are used twice, and would be counted twice
expected as materialized (
    select
        (
            select count(*)
            from exported_items
            left join bookkeeper_vault.journal_entry_item_sources as sources
                on exported_items.uuid = sources.journal_entry_items_uuid
            left join bookkeeper_vault.journal_entry_item_source_items as source_items -- noqa: ST11
                on sources.uuid = source_items.journal_entry_item_sources_uuid
        ) as results,
        (
            select count(*)
            from exported_items
            inner join bookkeeper_vault.journal_entry_item_taxes as taxes
                on exported_items.uuid = taxes.journal_entry_items_uuid
            inner join bookkeeper_vault.journal_entry_item_tax_sources as tax_sources
                on taxes.uuid = tax_sources.journal_entry_item_taxes_uuid
            left join bookkeeper_vault.journal_entry_item_tax_source_items as source_items -- noqa: ST11
                on tax_sources.uuid = source_items.journal_entry_item_tax_sources_uuid
        ) as tax_lines,
        (select count(*) from exported_entries) as document_headers
),

found as materialized (
    select
        (select count(*) from report_oibl.bookkeeper_results) as results,
        (select count(*) from report_oibl.bookkeeper_tax_lines) as tax_lines,
        (select count(*) from report_oibl.bookkeeper_document_headers) as document_headers
),

published as (
    select
        xblnr,
        budat
    from report_oibl.bookkeeper_results
    union
    select
        xbelnr,
        budat
    from report_oibl.bookkeeper_document_headers
),

unexported_documents as (
    select
        xblnr,
        budat
    from published
    except
    select
        id,
        date
    from exported_entries
),

unexported_tax_documents as (
    select xblnr
    from report_oibl.bookkeeper_tax_lines
    except
    select id
    from exported_entries
),

unexported as (
    select format('%L posted on %s', xblnr, budat) as example
    from unexported_documents
    union all
    select format('%L in bookkeeper_tax_lines', xblnr) as example
    from unexported_tax_documents
),

unexported_counted as materialized (
    select
        count(*) as documents,
        min(example) as example
    from unexported
)

select
    found.results = expected.results as results_complete,
    found.tax_lines = expected.tax_lines as tax_lines_complete,
    found.document_headers = expected.document_headers as document_headers_complete,
    unexported_counted.documents = 0 as only_exported_documents,
    format(
        'expected %s results, %s tax lines, %s document headers; found %s, %s, %s '
        '(a load of bookkeeper_vault during the run makes them differ); '
        '%s documents are not of an exported summary%s',
        expected.results, expected.tax_lines, expected.document_headers,
        found.results, found.tax_lines, found.document_headers,
        unexported_counted.documents, ', e.g. ' || unexported_counted.example
    ) as details
from expected
cross join found
cross join unexported_counted;
