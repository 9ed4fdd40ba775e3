-- Collects the open items of this run for the history, one row per item, each with a fingerprint of how it
-- looks: the md5 of all columns kept. Reads the published result. Safe to re-run: the table is replaced.
-- docs/domain.md, "History".
set local client_min_messages = warning;
-- the fingerprint is taken from the text of the dates
set local datestyle = 'ISO, YMD';
set local work_mem = '128MB';

drop table if exists report_oibl_work.tripica_items_of_run;

create unlogged table report_oibl_work.tripica_items_of_run as
with items as (
    select
        applied_billing_charge_ouid,
        billing_account_ouid,
        login_ouid,
        cba,
        mba,
        customer_id,
        date_created,
        transaction_id,
        glid,
        analyticaxis,
        bill_id,
        due_date,
        balance_date,
        write_off_date,
        write_off_reason,
        write_off_note,
        dunning_lock_until,
        dunning_lock_reason,
        dunning_status,
        dunning_scenario,
        dunning_level,
        amount_net,
        amount_gross,
        amount_vat,
        amount_energy_tax,
        migration_flag
    from report_oibl.tripica_results
    where
        applied_billing_charge_ouid is not null
        and billing_account_balance_ouid = ''
        and tax_item_ouid = ''
        and booking_reference_document_number is null
)

select
    items.*,
    md5(items::text) as fingerprint
from items;

analyze report_oibl_work.tripica_items_of_run;
