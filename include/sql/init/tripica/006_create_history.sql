-- Creates the history of the open items and the journal of the runs that wrote it, if they do not exist yet.
-- A row of the history says how an open item looked from valid_from on, up to the day before valid_until.
-- Safe to re-run: tables that exist are left alone. history/tripica/100_keep_open_items.sql fills them.
-- docs/domain.md, "History".
set local client_min_messages = warning;

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
