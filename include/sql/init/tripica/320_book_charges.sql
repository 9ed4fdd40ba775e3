-- Books the charges (row family B): one row per charge, reported booking line, tax item and amount. The
-- first rule of the amount table that holds gives the branch, the branch gives the amount, the line's side
-- says whether it is debit or credit. Date limits are exclusive; a missing date meets none. Safe to re-run:
-- the table is replaced. docs/domain.md 3.9 (tax items, VAT links), 3.10 (family B, amount table), 6.2 K9,
-- K12, K13, K19.
set local client_min_messages = warning;
set local work_mem = '128MB';
-- whole tables are joined: a nested loop could only come from a wrong estimate
set local enable_nestloop = off;

drop table if exists report_oibl_work.tripica_charge_bookings;

create unlogged table report_oibl_work.tripica_charge_bookings as
with vat_links as (
    select distinct
        charge_ouid,
        tax_aggregate_ouid
    from report_oibl_work.tripica_tax_links
    where taxcategory = 'VAT'
),

tax_items as (
    select
        charge_ouid,
        tax_aggregate_ouid,
        tax_row_ouid,
        tax_row_cents::numeric / 100 as tax_amount,
        item_sign
    from report_oibl_work.tripica_tax_links
    where tax_row_cents is not null
),

-- a VAT line that names a tax aggregate books only the charges linked to it, if they are linked to any
pairs as (
    select
        charges.charge_ouid,
        charges.created_on,
        coalesce(charges.net, 0) as net,
        coalesce(charges.gross, 0) as gross,
        coalesce(charges.vat, 0) as vat,
        coalesce(charges.energy, 0) as energy,
        charges.net_sign,
        charges.gross_sign,
        charges.tax_sign,
        charges.is_discount,
        charges.is_bonus,
        charges.is_subscription,
        charges.is_epilot,
        charges.is_cancellation,
        charges.is_write_off,
        booking_lines.line_no,
        booking_lines.side,
        booking_lines.account,
        booking_lines.formula,
        booking_lines.formula_class,
        booking_lines.booked_on,
        tax_items.charge_ouid is not null as has_tax_item,
        tax_items.tax_row_ouid,
        tax_items.tax_amount,
        tax_items.item_sign
    from report_oibl_work.tripica_charge_facts as charges
    inner join report_oibl_work.tripica_booking_lines as booking_lines
        on charges.aggregateid = booking_lines.aggregate_id
    left join vat_links
        on
            charges.charge_ouid = vat_links.charge_ouid
            and booking_lines.tax_aggregate_ouid = vat_links.tax_aggregate_ouid
            and booking_lines.formula_class = 'V'
    left join tax_items
        on
            charges.charge_ouid = tax_items.charge_ouid
            and booking_lines.tax_aggregate_ouid = tax_items.tax_aggregate_ouid
    where
        booking_lines.tax_aggregate_ouid is null
        or booking_lines.formula_class is distinct from 'V'
        or not charges.has_vat_link
        or vat_links.charge_ouid is not null
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
),

amounts as (
    select
        charge_ouid,
        line_no,
        side,
        tax_row_ouid,
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
            when branch = 19 then tax_amount * item_sign
            when branch = 21 then vat * tax_sign
            when branch = 22 then 0
        end::numeric(20, 2) as amount
    from branched
)

select
    charge_ouid,
    line_no,
    tax_row_ouid,
    case side when 'debit' then amount end as debit,
    case side when 'credit' then amount end as credit,
    min(branch) as branch
from amounts
group by 1, 2, 3, 4, 5;

analyze report_oibl_work.tripica_charge_bookings;
