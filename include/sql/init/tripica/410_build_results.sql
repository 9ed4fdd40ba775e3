-- Builds the result: one row per open item (A), booked charge (B), booked balance (C), tax line (D) and
-- payment (E), 41 columns, with the final correction of electricity booking_lines. Rows are stored by
-- charge, so that equal data gives equal files. Safe to re-run: readers see the last run's result until the
-- next script publishes this one. docs/domain.md 3.10 (final correction), 4.1, 4.2.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_results;

create table report_oibl_work.tripica_results as
with result_rows as (
    select
        'A' as row_family,
        items.charge_ouid as subject_ouid,
        holders.holder_no,
        null::bigint as copy_no,
        null::bigint as line_no,
        charges.charge_ouid::text as applied_billing_charge_ouid,
        holders.account_ouid::text as billing_account_ouid,
        holders.login_ouid::text as login_ouid,
        '' as billing_account_balance_ouid,
        '' as tax_item_ouid,
        charges.modified_at as datetimelastmodif,
        holders.cba,
        holders.mba,
        holders.customer_id,
        charges.created_on as date_created,
        charges.transactionid as transaction_id,
        charges.glid,
        coalesce(charges.analyticaxis, '') as analyticaxis,
        charges.bill_id,
        items.due_date,
        items.balance_date,
        charges.write_off_date,
        charges.write_off_reason,
        charges.write_off_note,
        holders.dunning_lock_until,
        holders.dunning_lock_reason,
        holders.dunning_status,
        holders.dunning_scenario,
        holders.dunning_level,
        charges.net as amount_net,
        charges.gross as amount_gross,
        charges.vat as amount_vat,
        charges.energy as amount_energy_tax,
        null as aggregate_id,
        null as accounting_id,
        null as booking_execution_id,
        null as booking_created_at,
        null as booking_date,
        null as booking_order_number,
        null as booking_tax_code,
        null as booking_mainledger_account,
        null as booking_reference_document_number,
        null as booking_debit_amount,
        null as booking_credit_amount,
        null as booking_amount_indicator,
        holders.migration_flag
    from report_oibl_work.tripica_open_items as items
    inner join report_oibl_work.tripica_charge_facts as charges on items.charge_ouid = charges.charge_ouid
    left join report_oibl_work.tripica_account_holders as holders
        on charges.account_ouid = holders.account_ouid and holders.holder_no = 1 and holders.copy_no = 1

    union all

    select
        'B' as row_family,
        bookings.charge_ouid as subject_ouid,
        holders.holder_no,
        null as copy_no,
        bookings.line_no,
        charges.charge_ouid::text as applied_billing_charge_ouid,
        holders.account_ouid::text as billing_account_ouid,
        holders.login_ouid::text as login_ouid,
        '' as billing_account_balance_ouid,
        bookings.tax_row_ouid::text as tax_item_ouid,
        charges.modified_at as datetimelastmodif,
        holders.cba,
        holders.mba,
        holders.customer_id,
        charges.created_on as date_created,
        charges.transactionid as transaction_id,
        charges.glid,
        coalesce(charges.analyticaxis, '') as analyticaxis,
        charges.bill_id,
        null as due_date,
        null as balance_date,
        charges.write_off_date,
        charges.write_off_reason,
        charges.write_off_note,
        holders.dunning_lock_until,
        holders.dunning_lock_reason,
        holders.dunning_status,
        holders.dunning_scenario,
        holders.dunning_level,
        charges.net as amount_net,
        charges.gross as amount_gross,
        charges.vat as amount_vat,
        charges.energy as amount_energy_tax,
        charges.aggregateid as aggregate_id,
        charges.accountingid as accounting_id,
        booking_lines.booking_execution_id,
        booking_lines.booked_on as booking_created_at,
        booking_lines.budat as booking_date,
        booking_lines.aufnr as booking_order_number,
        booking_lines.mwskz as booking_tax_code,
        booking_lines.account as booking_mainledger_account,
        booking_lines.xblnr as booking_reference_document_number,
        bookings.debit as booking_debit_amount,
        bookings.credit as booking_credit_amount,
        booking_lines.formula as booking_amount_indicator,
        holders.migration_flag
    from report_oibl_work.tripica_charge_bookings as bookings
    inner join report_oibl_work.tripica_charge_facts as charges on bookings.charge_ouid = charges.charge_ouid
    inner join report_oibl_work.tripica_booking_lines as booking_lines
        on bookings.line_no = booking_lines.line_no and booking_lines.variant_no = 1
    left join report_oibl_work.tripica_account_holders as holders
        on charges.account_ouid = holders.account_ouid and holders.copy_no = 1

    union all

    select
        'C' as row_family,
        bookings.balance_ouid as subject_ouid,
        holders.holder_no,
        holders.copy_no,
        bookings.line_no,
        '' as applied_billing_charge_ouid,
        '' as billing_account_ouid,
        '' as login_ouid,
        bookings.balance_ouid::text as billing_account_balance_ouid,
        '' as tax_item_ouid,
        bookings.modified_at as datetimelastmodif,
        holders.cba,
        holders.mba,
        holders.customer_id,
        bookings.created_on as date_created,
        bookings.transactionid as transaction_id,
        'PAYMENT_TRANSACTION' as glid,
        'BALANCE' as analyticaxis,
        '' as bill_id,
        null as due_date,
        null as balance_date,
        null as write_off_date,
        null as write_off_reason,
        null as write_off_note,
        null as dunning_lock_until,
        null as dunning_lock_reason,
        null as dunning_status,
        null as dunning_scenario,
        null as dunning_level,
        bookings.balance_amount as amount_net,
        bookings.balance_amount as amount_gross,
        0 as amount_vat,
        0 as amount_energy_tax,
        bookings.aggregateid as aggregate_id,
        bookings.accountingid as accounting_id,
        bookings.booking_execution_id,
        bookings.beldat as booking_created_at,
        bookings.budat as booking_date,
        bookings.aufnr as booking_order_number,
        bookings.mwskz as booking_tax_code,
        bookings.account as booking_mainledger_account,
        bookings.xblnr as booking_reference_document_number,
        bookings.debit as booking_debit_amount,
        bookings.credit as booking_credit_amount,
        bookings.formula as booking_amount_indicator,
        holders.migration_flag
    from report_oibl_work.tripica_balance_bookings as bookings
    left join
        report_oibl_work.tripica_account_holders as holders
        on bookings.account_ouid = holders.account_ouid

    union all

    select
        'D' as row_family,
        bookings.charge_ouid as subject_ouid,
        holders.holder_no,
        null as copy_no,
        bookings.line_no,
        coalesce(charges.charge_ouid::text, '') as applied_billing_charge_ouid,
        coalesce(holders.account_ouid::text, '') as billing_account_ouid,
        coalesce(holders.login_ouid::text, '') as login_ouid,
        '' as billing_account_balance_ouid,
        '' as tax_item_ouid,
        charges.modified_at as datetimelastmodif,
        holders.cba,
        holders.mba,
        coalesce(holders.customer_id, '') as customer_id,
        charges.created_on as date_created,
        coalesce(charges.transactionid, '') as transaction_id,
        coalesce(charges.glid, '') as glid,
        coalesce(charges.analyticaxis, '') as analyticaxis,
        coalesce(charges.bill_id, '') as bill_id,
        null as due_date,
        null as balance_date,
        charges.write_off_date,
        charges.write_off_reason,
        charges.write_off_note,
        holders.dunning_lock_until,
        holders.dunning_lock_reason,
        holders.dunning_status,
        holders.dunning_scenario,
        holders.dunning_level,
        bookings.net as amount_net,
        bookings.gross as amount_gross,
        bookings.vat as amount_vat,
        0 as amount_energy_tax,
        booking_lines.aggregate_id,
        coalesce(charges.accountingid, '') as accounting_id,
        booking_lines.booking_execution_id,
        booking_lines.booked_on as booking_created_at,
        booking_lines.budat as booking_date,
        '/' as booking_order_number,
        booking_lines.mwskz as booking_tax_code,
        booking_lines.account as booking_mainledger_account,
        booking_lines.xblnr as booking_reference_document_number,
        bookings.debit as booking_debit_amount,
        bookings.credit as booking_credit_amount,
        booking_lines.formula as booking_amount_indicator,
        holders.migration_flag
    from report_oibl_work.tripica_tax_bookings as bookings
    inner join report_oibl_work.tripica_tax_lines as booking_lines
        on bookings.line_no = booking_lines.line_no and booking_lines.variant_no = 1
    left join report_oibl_work.tripica_charge_facts as charges on bookings.charge_ouid = charges.charge_ouid
    left join report_oibl_work.tripica_account_holders as holders
        on charges.account_ouid = holders.account_ouid and holders.copy_no = 1

    union all

    select
        'E' as row_family,
        null as subject_ouid,
        null as holder_no,
        null as copy_no,
        line_no,
        null as applied_billing_charge_ouid,
        null as billing_account_ouid,
        null as login_ouid,
        null as billing_account_balance_ouid,
        null as tax_item_ouid,
        null as datetimelastmodif,
        null as cba,
        null as mba,
        null as customer_id,
        null as date_created,
        null as transaction_id,
        glid,
        null as analyticaxis,
        null as bill_id,
        null as due_date,
        null as balance_date,
        null as write_off_date,
        null as write_off_reason,
        null as write_off_note,
        null as dunning_lock_until,
        null as dunning_lock_reason,
        null as dunning_status,
        null as dunning_scenario,
        null as dunning_level,
        amount as amount_net,
        amount as amount_gross,
        0 as amount_vat,
        null as amount_energy_tax,
        booking_id as aggregate_id,
        null as accounting_id,
        null as booking_execution_id,
        beldat as booking_created_at,
        budat as booking_date,
        aufnr as booking_order_number,
        mwskz as booking_tax_code,
        account as booking_mainledger_account,
        xblnr as booking_reference_document_number,
        debit as booking_debit_amount,
        credit as booking_credit_amount,
        formula as booking_amount_indicator,
        null as migration_flag
    from report_oibl_work.tripica_payment_bookings
)

select
    result_rows.applied_billing_charge_ouid::text,
    result_rows.billing_account_ouid::text,
    result_rows.login_ouid::text,
    result_rows.billing_account_balance_ouid::text,
    result_rows.tax_item_ouid::text,
    result_rows.datetimelastmodif::timestamptz,
    result_rows.cba::varchar,
    result_rows.mba::varchar,
    result_rows.customer_id::varchar,
    result_rows.date_created::date,
    result_rows.transaction_id::varchar,
    result_rows.glid::varchar,
    result_rows.analyticaxis::varchar,
    result_rows.bill_id::varchar,
    result_rows.due_date::date,
    result_rows.balance_date::date,
    result_rows.write_off_date::date,
    result_rows.write_off_reason::text,
    result_rows.write_off_note::text,
    result_rows.dunning_lock_until::date,
    result_rows.dunning_lock_reason::text,
    result_rows.dunning_status::varchar,
    result_rows.dunning_scenario::varchar,
    result_rows.dunning_level::integer,
    result_rows.amount_net::numeric,
    result_rows.amount_gross::numeric,
    result_rows.amount_vat::numeric,
    result_rows.amount_energy_tax::numeric,
    result_rows.aggregate_id::varchar,
    result_rows.accounting_id::varchar,
    -- integer with bookkeeper, bigint with the run numbers of the legacy bookings
    result_rows.booking_execution_id,
    result_rows.booking_created_at::date,
    result_rows.booking_date::date,
    result_rows.booking_order_number::text,
    result_rows.booking_tax_code::text,
    result_rows.booking_mainledger_account::text,
    result_rows.booking_reference_document_number::text,
    case
        when corrections.aggregate_id is null then result_rows.booking_debit_amount
        else abs(result_rows.booking_debit_amount)
    end::numeric(20, 2) as booking_debit_amount,
    result_rows.booking_credit_amount::numeric(20, 2),
    result_rows.booking_amount_indicator::text,
    result_rows.migration_flag::text
from result_rows
left join report_oibl_work.tripica_corrected_aggregates as corrections
    on
        result_rows.aggregate_id = corrections.aggregate_id
        and result_rows.booking_amount_indicator = 'VATExcludedAmount - ELECTRICITYTAX'
        and result_rows.booking_debit_amount < 0
order by
    -- the number first: comparing it decides nearly every pair of rows
    result_rows.subject_ouid,
    result_rows.row_family collate "C",
    result_rows.holder_no,
    result_rows.copy_no,
    result_rows.line_no,
    result_rows.tax_item_ouid collate "C",
    result_rows.booking_debit_amount,
    result_rows.booking_credit_amount,
    result_rows.amount_net,
    result_rows.amount_gross,
    result_rows.amount_vat;

analyze report_oibl_work.tripica_results;
