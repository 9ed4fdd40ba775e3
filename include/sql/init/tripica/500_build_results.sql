-- Builds the result from what was booked: one row per open item (A), booked charge (B), booked balance (C),
-- tax line (D) and payment (E), 41 columns. Final correction: where debit and credit of an aggregate differ
-- over all families, negative debits of the electricity formula turn positive. Rows are stored by charge or
-- balance, so that equal data gives equal files. Safe to re-run: readers see the last run's result until the
-- next script publishes this one. docs/domain.md 3.10 (final correction), 4.1, 4.2, 6.2 K10, K15.
set local timezone = 'Europe/Berlin';
-- one sort by all keys costs less than sorting whole rows subject by subject
set local enable_incremental_sort = off;

drop table if exists report_oibl_work.tripica_corrected_aggregates;
drop table if exists report_oibl_work.tripica_results;

-- what the families add to the charge, balance or nothing they are about; missing: what a row of the family
-- shows for a charge it does not find. Equal types in all branches: only then two processes read them
create view report_oibl_work.tripica_entries as
select
    'A' as row_family,
    items.charge_ouid as subject_ouid,
    null::bigint as balance_no,
    null::bigint as line_no,
    null::text as missing,
    '' as billing_account_balance_ouid,
    '' as tax_item_ouid,
    null::text as glid,
    items.due_date,
    items.balance_date,
    null::numeric as amount_net,
    null::numeric as amount_gross,
    null::numeric as amount_vat,
    null::varchar as aggregate_id,
    null as booking_execution_id,
    null::date as booking_created_at,
    null::date as booking_date,
    null::text as booking_order_number,
    null::text as booking_tax_code,
    null::varchar as booking_mainledger_account,
    null::varchar as booking_reference_document_number,
    null::bigint as debit_cents,
    null::bigint as credit_cents,
    null::varchar as booking_amount_indicator
from report_oibl_work.tripica_open_items as items
union all
select
    'B' as row_family,
    bookings.charge_ouid as subject_ouid,
    null as balance_no,
    bookings.line_no,
    null as missing,
    '' as billing_account_balance_ouid,
    bookings.tax_row_ouid::text as tax_item_ouid,
    null as glid,
    null as due_date,
    null as balance_date,
    null as amount_net,
    null as amount_gross,
    null as amount_vat,
    null as aggregate_id,
    booking_lines.booking_execution_id,
    booking_lines.booked_on as booking_created_at,
    booking_lines.budat as booking_date,
    booking_lines.aufnr as booking_order_number,
    booking_lines.mwskz as booking_tax_code,
    booking_lines.account as booking_mainledger_account,
    booking_lines.xblnr as booking_reference_document_number,
    bookings.debit_cents,
    bookings.credit_cents,
    booking_lines.formula as booking_amount_indicator
from report_oibl_work.tripica_charge_bookings as bookings
inner join report_oibl_work.tripica_booking_lines as booking_lines
    on bookings.line_no = booking_lines.line_no and booking_lines.variant_no = 1
union all
select
    'C' as row_family,
    subject_ouid,
    balance_no,
    line_no,
    null as missing,
    balance_ouid::text as billing_account_balance_ouid,
    '' as tax_item_ouid,
    null as glid,
    null as due_date,
    null as balance_date,
    null as amount_net,
    null as amount_gross,
    null as amount_vat,
    null as aggregate_id,
    booking_execution_id,
    beldat as booking_created_at,
    budat as booking_date,
    aufnr as booking_order_number,
    mwskz as booking_tax_code,
    account as booking_mainledger_account,
    xblnr as booking_reference_document_number,
    debit_cents,
    credit_cents,
    formula as booking_amount_indicator
from report_oibl_work.tripica_balance_bookings
union all
select
    'D' as row_family,
    bookings.charge_ouid as subject_ouid,
    null as balance_no,
    bookings.line_no,
    '' as missing,
    '' as billing_account_balance_ouid,
    '' as tax_item_ouid,
    null as glid,
    null as due_date,
    null as balance_date,
    bookings.net as amount_net,
    bookings.gross as amount_gross,
    bookings.vat as amount_vat,
    tax_lines.aggregate_id,
    tax_lines.booking_execution_id,
    tax_lines.booked_on as booking_created_at,
    tax_lines.budat as booking_date,
    '/' as booking_order_number,
    tax_lines.mwskz as booking_tax_code,
    tax_lines.account as booking_mainledger_account,
    tax_lines.xblnr as booking_reference_document_number,
    bookings.debit_cents,
    bookings.credit_cents,
    tax_lines.formula as booking_amount_indicator
from report_oibl_work.tripica_tax_bookings as bookings
inner join report_oibl_work.tripica_tax_lines as tax_lines
    on bookings.line_no = tax_lines.line_no and tax_lines.variant_no = 1
union all
select
    'E' as row_family,
    null as subject_ouid,
    null as balance_no,
    line_no,
    null as missing,
    null as billing_account_balance_ouid,
    null as tax_item_ouid,
    glid,
    null as due_date,
    null as balance_date,
    amount as amount_net,
    amount as amount_gross,
    0::numeric as amount_vat,
    booking_id::varchar as aggregate_id,
    null as booking_execution_id,
    beldat as booking_created_at,
    budat as booking_date,
    aufnr as booking_order_number,
    mwskz as booking_tax_code,
    account as booking_mainledger_account,
    xblnr as booking_reference_document_number,
    debit_cents,
    credit_cents,
    formula as booking_amount_indicator
from report_oibl_work.tripica_payment_bookings;

-- the few rows in question find their holders by the index
set local enable_nestloop = on;

create unlogged table report_oibl_work.tripica_corrected_aggregates as
with correctable as materialized (
    select booking_lines.aggregate_id
    from report_oibl_work.tripica_booking_lines as booking_lines
    inner join report_oibl_work.tripica_charge_bookings as bookings
        on booking_lines.line_no = bookings.line_no and bookings.debit_cents < 0
    where booking_lines.formula = 'VATExcludedAmount - ELECTRICITYTAX' and booking_lines.variant_no = 1
    union
    select aggregateid
    from report_oibl_work.tripica_balance_bookings
    where formula = 'VATExcludedAmount - ELECTRICITYTAX' and debit_cents < 0
    union
    select tax_lines.aggregate_id
    from report_oibl_work.tripica_tax_lines as tax_lines
    inner join report_oibl_work.tripica_tax_bookings as bookings
        on tax_lines.line_no = bookings.line_no and bookings.debit_cents < 0
    where tax_lines.formula = 'VATExcludedAmount - ELECTRICITYTAX' and tax_lines.variant_no = 1
    union
    select booking_id
    from report_oibl_work.tripica_payment_bookings
    where formula = 'VATExcludedAmount - ELECTRICITYTAX' and debit_cents < 0
),

booked as (
    select
        booking_lines.aggregate_id,
        null::bigint as balance_no,
        bookings.charge_ouid as subject_ouid,
        bookings.debit_cents,
        bookings.credit_cents
    from correctable
    inner join report_oibl_work.tripica_booking_lines as booking_lines
        on correctable.aggregate_id = booking_lines.aggregate_id and booking_lines.variant_no = 1
    inner join report_oibl_work.tripica_charge_bookings as bookings
        on booking_lines.line_no = bookings.line_no
    union all
    select
        tax_lines.aggregate_id,
        null as balance_no,
        bookings.charge_ouid as subject_ouid,
        bookings.debit_cents,
        bookings.credit_cents
    from correctable
    inner join report_oibl_work.tripica_tax_lines as tax_lines
        on correctable.aggregate_id = tax_lines.aggregate_id and tax_lines.variant_no = 1
    inner join report_oibl_work.tripica_tax_bookings as bookings on tax_lines.line_no = bookings.line_no
    union all
    select
        bookings.aggregateid,
        bookings.balance_no,
        bookings.subject_ouid,
        bookings.debit_cents,
        bookings.credit_cents
    from correctable
    inner join report_oibl_work.tripica_balance_bookings as bookings
        on correctable.aggregate_id = bookings.aggregateid
    union all
    select
        bookings.booking_id,
        null as balance_no,
        null as subject_ouid,
        bookings.debit_cents,
        bookings.credit_cents
    from correctable
    inner join report_oibl_work.tripica_payment_bookings as bookings
        on correctable.aggregate_id = bookings.booking_id
)

-- a row counts as often as the result shows it, once per holder of its account
select booked.aggregate_id
from booked
left join report_oibl_work.tripica_subjects as subjects -- noqa: ST11
    on
        booked.subject_ouid = subjects.subject_ouid
        and booked.balance_no is not distinct from subjects.balance_no
group by booked.aggregate_id
having sum(booked.debit_cents) <> sum(booked.credit_cents);

reset enable_nestloop;

create table report_oibl_work.tripica_results as
-- entries are sorted while they are narrow; what their subjects show is merged in and keeps the order
with ordered_entries as (
    select
        entries.*,
        several.holder_no,
        several.copy_no
    from report_oibl_work.tripica_entries as entries
    left join report_oibl_work.tripica_subjects as several
        on
            entries.subject_ouid = several.subject_ouid
            and entries.balance_no is not distinct from several.balance_no
            and several.is_one_of_several
            and (entries.row_family <> 'A' or several.holder_no = 1)
    order by
        entries.subject_ouid,
        entries.row_family collate "C",
        several.holder_no,
        several.copy_no,
        entries.line_no,
        entries.tax_item_ouid collate "C",
        entries.debit_cents,
        entries.credit_cents,
        entries.amount_net,
        entries.amount_gross,
        entries.amount_vat
)

select
    coalesce(subjects.applied_billing_charge_ouid, entries.missing)::text as applied_billing_charge_ouid,
    coalesce(subjects.billing_account_ouid, entries.missing)::text as billing_account_ouid,
    coalesce(subjects.login_ouid, entries.missing)::text as login_ouid,
    entries.billing_account_balance_ouid::text,
    entries.tax_item_ouid::text,
    subjects.datetimelastmodif::timestamptz,
    subjects.cba::varchar,
    subjects.mba::varchar,
    coalesce(subjects.customer_id, entries.missing)::varchar as customer_id,
    subjects.date_created::date,
    coalesce(subjects.transaction_id, entries.missing)::varchar as transaction_id,
    coalesce(subjects.glid, entries.glid, entries.missing)::varchar as glid,
    coalesce(subjects.analyticaxis, entries.missing)::varchar as analyticaxis,
    coalesce(subjects.bill_id, entries.missing)::varchar as bill_id,
    entries.due_date::date,
    entries.balance_date::date,
    subjects.write_off_date::date,
    subjects.write_off_reason::text,
    subjects.write_off_note::text,
    subjects.dunning_lock_until::date,
    subjects.dunning_lock_reason::text,
    subjects.dunning_status::varchar,
    subjects.dunning_scenario::varchar,
    subjects.dunning_level::integer,
    coalesce(entries.amount_net, subjects.amount_net)::numeric as amount_net,
    coalesce(entries.amount_gross, subjects.amount_gross)::numeric as amount_gross,
    coalesce(entries.amount_vat, subjects.amount_vat)::numeric as amount_vat,
    case entries.row_family when 'D' then 0 else subjects.amount_energy_tax end::numeric as amount_energy_tax,
    case
        when entries.row_family <> 'A' then coalesce(entries.aggregate_id, subjects.aggregate_id)
    end::varchar as aggregate_id,
    case when entries.row_family <> 'A' then coalesce(subjects.accounting_id, entries.missing) end::varchar
        as accounting_id,
    -- integer with bookkeeper, bigint with the run numbers of the legacy bookings
    entries.booking_execution_id,
    entries.booking_created_at::date,
    entries.booking_date::date,
    entries.booking_order_number::text,
    entries.booking_tax_code::text,
    entries.booking_mainledger_account::text,
    entries.booking_reference_document_number::text,
    (case
        when
            entries.debit_cents < 0
            and entries.booking_amount_indicator = 'VATExcludedAmount - ELECTRICITYTAX'
            and coalesce(entries.aggregate_id, subjects.aggregate_id) in (
                select corrected.aggregate_id
                from report_oibl_work.tripica_corrected_aggregates as corrected
            )
            then -entries.debit_cents
        else entries.debit_cents
    end * 0.01)::numeric(20, 2) as booking_debit_amount,
    (entries.credit_cents * 0.01)::numeric(20, 2) as booking_credit_amount,
    entries.booking_amount_indicator::text,
    subjects.migration_flag::text
from ordered_entries as entries
left join report_oibl_work.tripica_subjects as subjects
    on
        entries.subject_ouid = subjects.subject_ouid
        and entries.balance_no is not distinct from subjects.balance_no
        and coalesce(entries.holder_no, subjects.holder_no, 0) = coalesce(subjects.holder_no, 0)
        and coalesce(entries.copy_no, subjects.copy_no, 0) = coalesce(subjects.copy_no, 0)
order by
    entries.subject_ouid,
    entries.row_family collate "C",
    entries.holder_no,
    entries.copy_no,
    entries.line_no,
    entries.tax_item_ouid collate "C",
    entries.debit_cents,
    entries.credit_cents,
    entries.amount_net,
    entries.amount_gross,
    entries.amount_vat;

analyze report_oibl_work.tripica_results;

-- a view would keep the scripts before from replacing their tables
drop view report_oibl_work.tripica_entries;
