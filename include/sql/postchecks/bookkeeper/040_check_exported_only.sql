-- Checks that every document in the results belongs to a summary marked for export: the others are drafts.
-- Number and posting date tell documents apart, as a number alone may come up again; tax lines hold the
-- number only. docs/domain.md 2.3.
with published as (
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

exported as (
    select
        entries.id,
        entries.date
    from bookkeeper_vault.journal_entries as entries
    where
        entries.summaries_uuid in (
            select summaries.uuid
            from bookkeeper_vault.summaries as summaries
            where summaries.export
        )
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
    from exported
),

unexported_tax_documents as (
    select xblnr
    from report_oibl.bookkeeper_tax_lines
    except
    select id
    from exported
),

unexported as (
    select format('%L posted on %s', xblnr, budat) as example
    from unexported_documents
    union all
    select format('%L in bookkeeper_tax_lines', xblnr) as example
    from unexported_tax_documents
)

select
    count(*) = 0 as only_exported_documents,
    format('%s documents are not of an exported summary%s', count(*), ', e.g. ' || min(example)) as details
from unexported;
