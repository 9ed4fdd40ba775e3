-- Exports the Open Items and Balance List as customers of the list know it: the columns of the view
-- report_oibl.oibl_customer, in the order in which the result is stored. Safe to re-run: it only reads.
-- docs/domain.md 4.1, column "view".
select * from report_oibl.oibl_customer
