-- Publishes what the scripts before built, all in one transaction: each table takes the place of the last
-- run's, readers wait for a moment only, and roles keep what they were granted. A table on which somebody has
-- built views stays, and the rows are copied into it; only where its columns have changed, too, it is dropped
-- with the views, which a warning names. Safe to re-run: a table that was published already is passed over.
-- docs/domain.md 2.1.

-- a reader who keeps a table busy makes this fail, instead of everybody waiting in line behind it
set local lock_timeout = '5min';

do $$
declare
    result text;
    published regclass;
    grants text;
    views text;
    columns_of constant text := $query$
        select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
        from pg_catalog.pg_attribute
        where attrelid = $1 and attnum > 0 and not attisdropped
    $query$;
    published_columns text;
    built_columns text;
begin
    foreach result in array array['tax_accounts', 'document_headers', 'tax_lines', 'results'] loop
        continue when to_regclass('report_oibl_work.bookkeeper_' || result) is null;
        published := to_regclass('report_oibl.bookkeeper_' || result);

        -- grantee 0 is public
        select string_agg(
            format(
                'grant %s on report_oibl.bookkeeper_%s to %s%s',
                granted.privilege_type, result,
                case when granted.grantee = 0 then 'public' else granted.grantee::regrole::text end,
                case when granted.is_grantable then ' with grant option' else '' end
            ),
            '; '
        )
        into grants
        from pg_catalog.pg_class as relations
        cross join lateral aclexplode(relations.relacl) as granted
        where relations.oid = published and granted.grantee <> relations.relowner;

        select string_agg(distinct rules.ev_class::regclass::text, ', ')
        into views
        from pg_catalog.pg_depend as dependencies
        inner join pg_catalog.pg_rewrite as rules on dependencies.objid = rules.oid
        where dependencies.refobjid = published;

        execute columns_of into published_columns using published;
        execute columns_of into built_columns using to_regclass('report_oibl_work.bookkeeper_' || result);

        if views is not null and published_columns = built_columns then
            execute format('truncate report_oibl.bookkeeper_%s', result);
            execute format(
                'insert into report_oibl.bookkeeper_%1$s select * from report_oibl_work.bookkeeper_%1$s', result
            );
            execute format(
                'comment on table report_oibl.bookkeeper_%s is %L', result,
                obj_description(to_regclass('report_oibl_work.bookkeeper_' || result), 'pg_class')
            );
            execute format('analyze report_oibl.bookkeeper_%s', result);
            execute format('drop table report_oibl_work.bookkeeper_%s', result);
            continue;
        end if;

        if views is not null then
            raise warning 'dropped with the old result, to be created again by their owners: %', views;
        end if;

        execute format('drop table if exists report_oibl.bookkeeper_%s cascade', result);
        execute format('alter table report_oibl_work.bookkeeper_%s set schema report_oibl', result);
        if grants is not null then
            execute grants;
        end if;
    end loop;
end
$$;
