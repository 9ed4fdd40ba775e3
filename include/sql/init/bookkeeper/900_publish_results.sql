-- Publishes the four tables built in report_oibl_work in one transaction; until then readers see the last
-- run's. Rows are copied into the existing tables instead of swapping tables: grants, views, indexes and
-- comments stay, and readers wait for the copy only, about a second per million rows. Safe to re-run: the
-- work tables stay until cleanup.
set local client_min_messages = warning;
-- a reader who keeps a table busy makes this fail, instead of everybody waiting in line behind it
set local lock_timeout = '5min';
-- the copy keeps the order of the rows
set local synchronize_seqscans = off;

do $$
declare
    result text;
    published_columns text;
    built_columns text;
    columns_of constant text := $query$
        select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
        from pg_catalog.pg_attribute
        where attrelid = $1 and attnum > 0 and not attisdropped
    $query$;
begin
    foreach result in array array[
        'bookkeeper_tax_accounts', 'bookkeeper_document_headers', 'bookkeeper_tax_lines', 'bookkeeper_results'
    ] loop
        execute format(
            'create table if not exists report_oibl.%1$I (like report_oibl_work.%1$I including all)', result
        );

        execute columns_of into published_columns using format('report_oibl.%I', result)::regclass;
        execute columns_of into built_columns using format('report_oibl_work.%I', result)::regclass;
        if published_columns is distinct from built_columns then
            raise exception 'report_oibl.% has other columns than its scripts build', result
                using
                    detail = format('expected: %s; found: %s', built_columns, published_columns),
                    hint = 'Alter it, or drop it and give its readers access again after the next run.';
        end if;

        execute format('truncate report_oibl.%I', result);
        execute format('insert into report_oibl.%1$I select * from report_oibl_work.%1$I', result);
        execute format('analyze report_oibl.%I', result);
    end loop;
end
$$;
