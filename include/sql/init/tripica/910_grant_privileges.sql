-- Grants the readers their privileges in schema report_oibl: login roles read everything, now and in future,
-- except octopus, rdsadmin and services; service_metabase_full reads everything too, service_metabase the
-- customer view only. Revokes what roles hold that do not qualify or no longer do; groups that were granted
-- access by hand keep it. Safe to re-run: grants are what they should be afterwards. docs/domain.md 5.2.
set local client_min_messages = warning;

do $$
declare
    readers text;
    others text;
begin
    with holders as (
        -- the default privileges name whom this script granted access in earlier runs
        select granted.grantee, true as granted_before
        from pg_catalog.pg_default_acl as defaults
        cross join lateral aclexplode(defaults.defaclacl) as granted
        where
            defaults.defaclrole = current_user::regrole
            and defaults.defaclnamespace = 'report_oibl'::regnamespace
        union all
        select granted.grantee, false as granted_before
        from pg_catalog.pg_namespace as schemas
        cross join lateral aclexplode(schemas.nspacl) as granted
        where schemas.nspname = 'report_oibl'
        union all
        select granted.grantee, false as granted_before
        from pg_catalog.pg_class as relations
        cross join lateral aclexplode(relations.relacl) as granted
        where relations.relnamespace = 'report_oibl'::regnamespace
    ),

    roles as (
        select
            quote_ident(pg_roles.rolname) as name,
            pg_roles.rolcanlogin
            and (
                pg_roles.rolname = 'service_metabase_full'
                or (pg_roles.rolname not in ('octopus', 'rdsadmin') and pg_roles.rolname not like '%service_%')
            ) as is_reader,
            exists (
                select from holders
                where
                    holders.grantee = pg_roles.oid
                    and (holders.granted_before or pg_roles.rolcanlogin or pg_roles.rolname = 'service_metabase')
            ) as is_to_lose
        from pg_catalog.pg_roles
        where pg_roles.rolname <> current_user
    )

    select
        string_agg(name, ', ' order by name collate "C") filter (where is_reader),
        string_agg(name, ', ' order by name collate "C") filter (where is_to_lose and not is_reader)
    into readers, others
    from roles;

    if others is not null then
        execute format('revoke all on all tables in schema report_oibl from %s cascade', others);
        execute format('revoke all on schema report_oibl from %s cascade', others);
        execute format('alter default privileges in schema report_oibl revoke all on tables from %s', others);
    end if;

    if readers is not null then
        execute format('grant usage on schema report_oibl to %s', readers);
        execute format('grant select on all tables in schema report_oibl to %s', readers);
        execute format('alter default privileges in schema report_oibl grant select on tables to %s', readers);
    end if;

    if exists (select from pg_catalog.pg_roles where rolname = 'service_metabase') then
        grant usage on schema report_oibl to service_metabase;
        grant select on report_oibl.oibl_customer to service_metabase;
    end if;
end
$$;
