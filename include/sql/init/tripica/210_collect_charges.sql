-- Collects the charges of the result, one row per charge that was changed after 2019-07-30 and has tax rows:
-- amounts in euros, signs of its aggregate, bill, write-off, and what its kind means for due dates and
-- bookings. Safe to re-run: the table is replaced. docs/domain.md 2.6 (charge rows), 3.11, 6.2 K1.
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_charge_facts;

create unlogged table report_oibl_work.tripica_charge_facts as
with vat_linked as (
    select distinct charge_ouid
    from report_oibl_work.tripica_tax_links
    where taxcategory = 'VAT'
)

select
    charges.ouid as charge_ouid,
    charges.billingaccountouid as account_ouid,
    charges.modified_at,
    charges.modified_on,
    charges.created_on,
    charges.transactionid,
    charges.glid,
    charges.analyticaxis,
    charges.aggregateid,
    charges.accountingid,
    coalesce(headers.id, manual_bills.bill_id) as bill_id,
    write_offs.write_off_date,
    write_offs.write_off_reason,
    write_offs.write_off_note,
    -- divided, never rounded: the quotients are part of the result
    charges.reporting_sign * charges.net_cents::numeric / 100 as net,
    charges.reporting_sign * charges.gross_cents::numeric / 100 as gross,
    taxes.vat_cents::numeric / 100 as vat,
    taxes.energy_cents::numeric / 100 as energy,
    signs.tax_sign,
    signs.gross_sign,
    signs.net_sign,
    vat_linked.charge_ouid is not null as has_vat_link,
    case
        when charges.glid like '%MANUAL_BONUS' and charges.analyticaxis like '%special%' then false
        when charges.analyticaxis like '%cancellation%' then false
        else due_kinds.glid is not null
    end as is_open_item,
    coalesce(charges.glid like '%_FEE' and charges.settlementnoteadviceouid is not null, false)
        as is_billed_fee,
    coalesce(charges.glid like '%_CANCELLATION_BALANCE', false) as is_cancellation_balance,
    coalesce(charges.glid like '%_DISCOUNT_%', false) as is_discount,
    coalesce(charges.glid like '%_MANUAL_BONUS', false) as is_bonus,
    coalesce(charges.glid like '%_SUBSCRIPTION_%', false) as is_subscription,
    coalesce(charges.glid like 'EPILOT_%', false) as is_epilot,
    coalesce(charges.analyticaxis like '%cancellation%', false) as is_cancellation,
    coalesce(charges.analyticaxis like '%write-off%', false) as is_write_off
from report_oibl_work.tripica_charges as charges
inner join report_oibl_work.tripica_charge_taxes as taxes on charges.ouid = taxes.charge_ouid
left join datalake_vault.settlement_note_advice as headers on charges.settlementnoteadviceouid = headers.ouid
left join report_oibl_work.tripica_manual_consumption_bills as manual_bills
    on charges.transactionid = manual_bills.transactionid
left join report_oibl_work.tripica_write_offs as write_offs on charges.ouid = write_offs.charge_ouid
left join report_oibl_work.tripica_aggregate_signs as signs on charges.aggregateid = signs.aggregateid
left join vat_linked on charges.ouid = vat_linked.charge_ouid
left join report_oibl_work.tripica_due_kinds as due_kinds
    on charges.glid = due_kinds.glid and coalesce(charges.analyticaxis, '') = due_kinds.analyticaxis
where charges.modified_on > date '2019-07-30';

analyze report_oibl_work.tripica_charge_facts;
