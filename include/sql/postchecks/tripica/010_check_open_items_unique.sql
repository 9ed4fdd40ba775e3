-- Checks that no charge is listed as an open item twice: its amount would count twice in every sum.
-- docs/domain.md 4.2, row family A.
with repeated as (
    select
        applied_billing_charge_ouid,
        count(*) as open_items
    from report_oibl.tripica_results
    where
        applied_billing_charge_ouid is not null
        and billing_account_balance_ouid = ''
        and tax_item_ouid = ''
        and booking_reference_document_number is null
    group by applied_billing_charge_ouid
    having count(*) > 1
)

select
    count(*) = 0 as one_open_item_per_charge,
    format(
        '%s charges are listed as more than one open item%s',
        count(*),
        ', e.g. ' || min(format('charge %s %s times', applied_billing_charge_ouid, open_items))
    ) as details
from repeated;
