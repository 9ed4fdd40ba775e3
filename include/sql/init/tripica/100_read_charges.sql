-- Reads all charges of the source, one row per charge, with Berlin dates, the transactions they refer to and
-- the sign under which they are reported: overpayment credits and bonuses are owed to the customer. No
-- cut-off date here: due dates, overpayments and signs look at all charges. Safe to re-run: the table is
-- replaced. docs/domain.md 2.6, 3.11, 3.12.
set local client_min_messages = warning;
set local timezone = 'Europe/Berlin';

drop table if exists report_oibl_work.tripica_charges;

create unlogged table report_oibl_work.tripica_charges as
select
    ouid,
    transactionid,
    billingaccountouid,
    customerouid,
    glid,
    analyticaxis,
    aggregateid,
    accountingid,
    settlementnoteadviceouid,
    taxexcludedamount as net_cents,
    taxincludedamount as gross_cents,
    case when glid like 'OVERPAYMENT_CREDIT' or glid like '%_MANUAL_BONUS' then -1 else 1 end
        as reporting_sign,
    datetimecreate as created_at,
    datetimecreate::date as created_on,
    datetimelastmodif as modified_at,
    datetimelastmodif::date as modified_on,
    characteristics ->> 'rejectedChargeTransactionId' as rejected_transactionid,
    characteristics ->> 'partiallyPaidChargeTransactionId' as partially_paid_transactionid
from datalake_vault.applied_billing_charge;

analyze report_oibl_work.tripica_charges;
