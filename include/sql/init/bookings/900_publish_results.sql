-- Publishes what the scripts before built: the three tables of the booking system change in this one
-- transaction, until then readers see the last run's. What other roles were granted on the old tables they
-- are granted on the new; a view on an old table makes this fail rather than vanish. Safe to re-run: a table
-- that was published already is passed over. docs/domain.md 2.4.
set local client_min_messages = warning;
set local lock_timeout = '5min';

do $$
declare
    result text;
    privileges text;
begin
    foreach result in array array['document_headers', 'tax_lines', 'results'] loop
        continue when to_regclass(format('report_oibl_work.bookings_%s', result)) is null;

        -- grantee 0 is public
        select string_agg(
            format(
                'grant %s on report_oibl.bookkeeper_%s to %s%s',
                granted.privilege_type,
                result,
                case when granted.grantee = 0 then 'public' else granted.grantee::regrole::text end,
                case when granted.is_grantable then ' with grant option' else '' end
            ),
            '; '
        )
        into privileges
        from pg_catalog.pg_class as relations
        cross join lateral aclexplode(relations.relacl) as granted
        where
            relations.oid = to_regclass(format('report_oibl.bookkeeper_%s', result))
            and granted.grantee <> relations.relowner;

        execute format('drop table if exists report_oibl.bookkeeper_%s', result);
        execute format('alter table report_oibl_work.bookings_%s set schema report_oibl', result);
        execute format('alter table report_oibl.bookings_%1$s rename to bookkeeper_%1$s', result);
        execute format('analyze report_oibl.bookkeeper_%s', result);
        if privileges is not null then
            execute privileges;
        end if;
    end loop;
end
$$;
