-- Prepares what the tripica scripts find in place: the schemas report_oibl (results) and report_oibl_work
-- (intermediate tables), the limits of the checks, the history of the open items, and the empty table of the
-- charge kinds that can be open items. Schemas are created where the role may, else it says what to do. Safe
-- to re-run: limits are set again, history and schemas are left alone. docs/domain.md 2.1, 2.5, 5.2,
-- "History", "Limits".

-- `create schema if not exists` demands the right to create schemas even for one that exists.
do $$
declare
    required_schema text;
    unusable text;
begin
    foreach required_schema in array array['report_oibl', 'report_oibl_work'] loop
        if to_regnamespace(required_schema) is null and has_database_privilege(current_database(), 'create') then
            execute format('create schema %I', required_schema);
        end if;
        -- null where the schema is missing
        if has_schema_privilege(to_regnamespace(required_schema), 'create') is not true then
            unusable := concat_ws(', ', unusable, required_schema);
        end if;
    end loop;

    if unusable is not null then
        raise exception 'role "%" cannot create tables in schema(s) % of database "%"',
            current_user, unusable, current_database()
            using
                errcode = 'insufficient_privilege',
                hint = format(
                    'As the owner of the database run for each: create schema if not exists <schema>; '
                    'grant usage, create on schema <schema> to %I;', current_user
                );
    end if;
end
$$;

-- kept after the run, so that an auditor finds the limits a run was judged by; a client with others changes
-- them in a script 005_set_limits.sql of its own folder
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
    'missing_account_share', 1.00,
    'Share of booking rows that may show no account; a client that knows its tax accounts sets less'
),
(
    'history_retention_days', 1095,
    'Days for which the history of the open items answers what was open'
),
(
    'source_age_days', 7,
    'Days by which the newest change of charges and balances may lie before the business date of the next run'
);

-- a row says how an open item looked from valid_from on, up to the day before valid_until
create table if not exists report_oibl.tripica_open_items_history (
    applied_billing_charge_ouid text not null,
    valid_from date not null,
    valid_until date not null,
    fingerprint text not null,
    billing_account_ouid text,
    login_ouid text,
    cba varchar,
    mba varchar,
    customer_id varchar,
    date_created date,
    transaction_id varchar,
    glid varchar,
    analyticaxis varchar,
    bill_id varchar,
    due_date date,
    balance_date date,
    write_off_date date,
    write_off_reason text,
    write_off_note text,
    dunning_lock_until date,
    dunning_lock_reason text,
    dunning_status varchar,
    dunning_scenario varchar,
    dunning_level integer,
    amount_net numeric,
    amount_gross numeric,
    amount_vat numeric,
    amount_energy_tax numeric,
    migration_flag text,
    primary key (applied_billing_charge_ouid, valid_from),
    check (valid_from < valid_until)
);

create table if not exists report_oibl.tripica_history_runs (
    business_date date primary key,
    open_items bigint not null
);

-- patterns of glid and analytic axis; the script 011 of the default layer or the client fills the table
drop table if exists report_oibl_work.tripica_due_charge_types;

create unlogged table report_oibl_work.tripica_due_charge_types (
    glid_pattern varchar(255),
    analyticaxis_pattern varchar(255) default '%',
    primary key (glid_pattern, analyticaxis_pattern)
);
