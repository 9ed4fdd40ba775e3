-- Sets the limits that the checks and the history of tripica go by, in the table report_oibl.tripica_limits,
-- which survives the run so that an auditor finds the limits a run was judged by. A client with other limits
-- gets a script of this name in its own folder. Safe to re-run: the rows are replaced. docs/domain.md,
-- "Limits".
set local client_min_messages = warning;

create table if not exists report_oibl.tripica_limits (
    limit_name text primary key,
    limit_value numeric not null,
    meaning text not null
);

delete from report_oibl.tripica_limits;

insert into report_oibl.tripica_limits (limit_name, limit_value, meaning)
values
(
    'document_tolerance', 0.01,
    'Euros by which debit and credit of a document may differ before the document counts as unbalanced'
),
(
    'unbalanced_document_share', 0.05,
    'Share of documents that may be unbalanced, as the source holds legacy differences'
),
(
    'open_items_minimum_share', 0.90,
    'Open items of this run as a share of the last run''s, below which the run fails'
),
(
    'history_retention_days', 1095,
    'Days for which the history of the open items answers what was open'
);
