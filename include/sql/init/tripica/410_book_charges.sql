-- Books the charges (row family B): one row per charge, reported booking line, tax item and amount in cents.
-- Tax items link the tax rows of a charge to the tax aggregates that booked them: same aggregate, category
-- and rate. The first rule of the amount table that holds gives the branch, the branch gives the amount, the
-- line's side says whether it is debit or credit. Date limits are exclusive; a missing date meets none. Safe
-- to re-run: the tables are replaced. docs/domain.md 3.9 (tax items, VAT links), 3.10 (family B, amount
-- table), 6.2 K9, K12, K13, K19.

-- a second process pays off here: handing over a row costs less than PostgreSQL supposes
set local parallel_tuple_cost = 0.01;

drop table if exists report_oibl_work.tripica_tax_links;
drop table if exists report_oibl_work.tripica_charge_bookings;

create unlogged table report_oibl_work.tripica_tax_links as
select
    charges.ouid as charge_ouid,
    line_taxes.tax_aggregate_ouid,
    line_taxes.taxcategory,
    tax_rows.ouid as tax_row_ouid,
    tax_rows.amount as tax_row_cents,
    line_taxes.item_sign
from report_oibl_work.tripica_line_taxes as line_taxes
inner join report_oibl_work.tripica_charges as charges on line_taxes.aggregate_id = charges.aggregateid
inner join datalake_vault.applied_billing_tax_rate as tax_rows
    on
        charges.ouid = tax_rows.appliedbillingchargeouid
        and line_taxes.taxcategory = tax_rows.taxcategory
        and line_taxes.taxrate = tax_rows.taxrate;

analyze report_oibl_work.tripica_tax_links;

create unlogged table report_oibl_work.tripica_charge_bookings as
with pairs as (
    select
        charges.ouid as charge_ouid,
        charges.created_on,
        coalesce(charges.reporting_sign * charges.net_cents, 0) as net,
        coalesce(charges.reporting_sign * charges.gross_cents, 0) as gross,
        coalesce(charges.vat_cents, 0) as vat,
        coalesce(charges.energy_cents, 0) as energy,
        kinds.is_discount,
        kinds.is_bonus,
        kinds.is_subscription,
        kinds.is_epilot,
        kinds.is_cancellation,
        kinds.is_write_off,
        booking_lines.line_no,
        booking_lines.side,
        booking_lines.account,
        booking_lines.formula,
        booking_lines.formula_class,
        booking_lines.booked_on,
        booking_lines.tax_sign,
        booking_lines.gross_sign,
        booking_lines.net_sign,
        tax_items.charge_ouid is not null as has_tax_item,
        tax_items.tax_row_ouid,
        tax_items.tax_row_cents,
        tax_items.item_sign,
        case
            when booking_lines.formula_class = 'V' and coalesce(tax_items.taxcategory, '') <> 'VAT'
                then booking_lines.tax_aggregate_ouid
        end as tax_aggregate_without_item
    from report_oibl_work.tripica_charges as charges
    inner join report_oibl_work.tripica_charge_kinds as kinds on charges.kind_no = kinds.kind_no
    inner join report_oibl_work.tripica_booking_lines as booking_lines
        on charges.aggregateid = booking_lines.aggregate_id
    left join report_oibl_work.tripica_tax_links as tax_items
        on
            charges.ouid = tax_items.charge_ouid
            and booking_lines.tax_aggregate_ouid = tax_items.tax_aggregate_ouid
            and tax_items.tax_row_cents is not null
    where charges.is_reported
),

branched as (
    select
        *,
        case
            when
                is_discount and formula_class = 'G'
                and booked_on > date '2021-06-06' and booked_on < date '2023-01-18'
                then 1
            when
                is_discount and formula_class = 'NE'
                and booked_on > date '2021-06-06' and booked_on < date '2023-01-18'
                then 2
            when
                is_discount and not is_cancellation and formula_class = 'G'
                and booked_on < date '2023-01-18'
                then 3
            when
                is_discount and not is_cancellation and formula_class = 'NE'
                and booked_on < date '2023-01-18'
                then 4
            when
                is_bonus and not is_cancellation and account like '4%' and formula_class = 'G'
                and booked_on > date '2020-11-01' and booked_on < date '2020-11-12'
                then 5
            when
                is_bonus and not is_cancellation and formula_class = 'G'
                and booked_on > date '2020-11-12' and booked_on < date '2023-01-13'
                then 6
            when
                is_bonus and not is_cancellation and (formula_class = 'NE' or formula = 'VATExcludedAmount')
                and booked_on > date '2020-11-12' and booked_on < date '2023-01-13'
                then 7
            when
                is_write_off and account like '5%'
                and booked_on < date '2023-01-02'
                then 8
            when
                formula_class = 'G' and is_cancellation and is_subscription
                and booked_on < date '2021-06-08'
                then 9
            when
                formula_class = 'NE' and is_cancellation and is_subscription
                and booked_on < date '2021-06-08'
                then 10
            when is_epilot and formula_class = 'G' then 11
            when is_epilot and formula_class = 'NE' then 12
            when formula_class = 'G' then 13
            when formula_class = 'NE' then 14
            when formula_class = 'N' then 15
            when formula_class = 'T' and has_tax_item then 16
            when formula_class = 'T' then 17
            when formula_class = 'V' and created_on < date '2021-10-09' then 18
            when formula_class = 'V' and has_tax_item then 19
            when formula_class = 'V' and booked_on < date '2024-01-04' then 20
            when formula_class = 'V' then 21
            else 22
        end as branch
    from pairs
    -- keeps the branch from being found anew wherever it is used
    offset 0 -- noqa: AM09
),

amounts as (
    select
        charge_ouid,
        line_no,
        side,
        tax_row_ouid,
        tax_aggregate_without_item,
        branch,
        case
            when branch in (1, 3, 5, 6, 8, 15) then net * net_sign
            when branch in (2, 4, 7, 10, 13) then gross * gross_sign
            when branch in (9, 14) then net * net_sign - energy * tax_sign
            when branch = 11 then case when vat <> 0 then gross * tax_sign else gross end
            when branch = 12 then case when vat <> 0 then net * tax_sign else net end
            when branch = 16 then energy * item_sign
            when branch = 17 then abs(energy)
            when branch in (18, 20) then abs(vat)
            when branch = 19 then tax_row_cents * item_sign
            when branch = 21 then vat * tax_sign
            when branch = 22 then 0
        end as cents
    from branched
    offset 0 -- noqa: AM09
)

select
    charge_ouid,
    line_no,
    tax_row_ouid,
    case side when 'debit' then cents end as debit_cents,
    case side when 'credit' then cents end as credit_cents,
    branch,
    tax_aggregate_without_item
from amounts;

analyze report_oibl_work.tripica_charge_bookings;

-- a VAT line that names a tax aggregate books only the charges linked to it, if they are linked to any
with unlinked as materialized (
    select
        bookings.ctid as place,
        bookings.charge_ouid,
        booking_lines.aggregate_id
    from report_oibl_work.tripica_charge_bookings as bookings
    inner join report_oibl_work.tripica_booking_lines as booking_lines
        on bookings.line_no = booking_lines.line_no and booking_lines.variant_no = 1
    -- links without an amount are no tax items, and link all the same
    left join report_oibl_work.tripica_tax_links as links
        on
            bookings.charge_ouid = links.charge_ouid
            and bookings.tax_aggregate_without_item = links.tax_aggregate_ouid
            and links.taxcategory = 'VAT'
    where bookings.tax_aggregate_without_item is not null and links.charge_ouid is null
)

delete from report_oibl_work.tripica_charge_bookings
where
    ctid = any(array(
        select unlinked.place
        from unlinked
        inner join datalake_vault.charge_aggregate as aggregates
            on unlinked.aggregate_id = aggregates.aggregateid
        inner join datalake_vault.tax_aggregate as tax_aggregates
            on aggregates.ouid = tax_aggregates.chargeaggregateouid and tax_aggregates.taxcategory = 'VAT'
        inner join datalake_vault.applied_billing_tax_rate as tax_rows
            on
                unlinked.charge_ouid = tax_rows.appliedbillingchargeouid
                and tax_aggregates.taxcategory = tax_rows.taxcategory
                and tax_aggregates.taxrate = tax_rows.taxrate
    ));

-- equal bookings collapse: they come of lines with variants, or of tax aggregates that the source repeats
with repeated_links as (
    select tax_aggregate_ouid
    from report_oibl_work.tripica_tax_links
    group by charge_ouid, tax_aggregate_ouid, tax_row_ouid
    having count(*) > 1
),

repeated as (
    select
        bookings.ctid as place,
        row_number() over (
            partition by
                bookings.charge_ouid, bookings.line_no, bookings.tax_row_ouid, bookings.debit_cents,
                bookings.credit_cents
            order by bookings.branch
        ) as repetition
    from report_oibl_work.tripica_charge_bookings as bookings
    where bookings.line_no in (
        select booking_lines.line_no
        from report_oibl_work.tripica_booking_lines as booking_lines
        where booking_lines.variant_no > 1
        union all
        select booking_lines.line_no
        from report_oibl_work.tripica_booking_lines as booking_lines
        inner join repeated_links on booking_lines.tax_aggregate_ouid = repeated_links.tax_aggregate_ouid
    )
)

delete from report_oibl_work.tripica_charge_bookings
where
    ctid = any(array(
        select repeated.place
        from repeated
        where repeated.repetition > 1
    ));
