-- Records the business date that the results of the booking system were built for, as the comment of their
-- table: systems that read them check their age by it. Safe to re-run: the comment is replaced.
comment on table report_oibl.bookkeeper_results is
'booking lines built for business date {{ business_date }}';
