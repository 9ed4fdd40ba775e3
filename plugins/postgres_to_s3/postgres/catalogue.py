"""What the catalogue says of all that lies under a query: tables, views, partitions, functions, types, policies, roles.

A transaction looks objects up in the catalogue as it is in force, while `select` shows the catalogue as of the
transaction's snapshot. So the same query below, once in a snapshot and once after it, tells what changed in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from postgres_to_s3.postgres.session import Session

# Objects that PostgreSQL brings along have lower numbers.
FIRST_NUMBER = 16384

# Locks of other sessions are left aside before anything is looked up about them: their tables may vanish at any moment.
# ``offset 0`` keeps PostgreSQL from doing it in another order.
OWN_LOCKS = f"""
    select distinct relation from pg_locks
    where pid = pg_backend_pid() and locktype = 'relation' and granted and relation >= {FIRST_NUMBER}
        and database = (select oid from pg_database where datname = current_database())
    offset 0
"""
LOCKED = f"select coalesce(array_agg(relation::bigint order by relation), '{{}}') from ({OWN_LOCKS}) as own"
# Materialised views and foreign tables cannot be locked by name, nor tables of which the role may read some columns.
LOCKABLE = """
select coalesce(array_agg(format('%%I.%%I', nspname, relname) order by pg_class.oid), '{}')
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where pg_class.oid = any (%s::oid[]) and relkind in ('r', 'p', 'v') and has_table_privilege(pg_class.oid, 'select')
"""

# The words of a text, and whatever stands between quotation marks in it.
WORDS = r"""regexp_split_to_array(lower({0}), '[^\w$]+') || string_to_array(lower({0}), '"')"""
# No dependency tells which functions the text of a query or of another function calls: its words do. Names that are put
# together at run time may be any.
CALLED = f"""
    select 'pg_proc'::regclass::oid, called.oid
    from (select {WORDS}) as text (words)
    join pg_proc as called on lower(called.proname) = any (text.words) or 'execute' = any (text.words)
    where called.oid >= {FIRST_NUMBER}
    union all
    select 'pg_type'::regclass::oid, named.oid
    from (select {WORDS}) as text (words)
    join pg_type as named on lower(named.typname) = any (text.words)
    where named.oid >= {FIRST_NUMBER} and named.typrelid = 0 and named.typelem = 0
"""

# Objects by the catalogue that they are in: the relations that the session has locked, and all that they are made of.
UNDER = f"""
given (query, relations, locked) as (select %s::text, %s::oid[], %s::oid[]),
under (class, id) as (
    (
        select 'pg_class'::regclass::oid, unnest(relations) from given
        union all
        select called.* from given cross join lateral ({CALLED.format("given.query")}) as called
        union all
        -- operators and casts call functions without their names
        select 'pg_proc'::regclass::oid, oprcode::oid from pg_operator where oid >= {FIRST_NUMBER}
        union all
        select 'pg_proc'::regclass::oid, castfunc from pg_cast where oid >= {FIRST_NUMBER}
        union all
        select 'pg_authid'::regclass::oid, oid from pg_roles where rolname = current_user
    )
    union
    select edge.class, edge.id
    from under
    cross join lateral (
        -- a table can be read without those that it refers to, such as its parent
        select refclassid, refobjid from pg_depend
        where classid = under.class and objid = under.id and refobjid >= {FIRST_NUMBER}
            and not (classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass)
        union all
        -- temporary children are those of other sessions
        select 'pg_class'::regclass, inhrelid from pg_inherits join pg_class as child on child.oid = inhrelid
        where under.class = 'pg_class'::regclass and inhparent = under.id and relpersistence <> 't'
        union all
        select 'pg_rewrite'::regclass, oid from pg_rewrite
        where under.class = 'pg_class'::regclass and ev_class = under.id and ev_type = '1'
        union all
        select 'pg_policy'::regclass, oid from pg_policy
        where under.class = 'pg_class'::regclass and polrelid = under.id
        union all
        select 'pg_authid'::regclass, relowner from pg_class where under.class = 'pg_class'::regclass and oid = under.id
        union all
        select 'pg_authid'::regclass, proowner from pg_proc where under.class = 'pg_proc'::regclass and oid = under.id
        union all
        select 'pg_authid'::regclass, roleid from pg_auth_members
        where under.class = 'pg_authid'::regclass and member = under.id
        union all
        select called.*
        from pg_proc as caller
        cross join lateral ({CALLED.format("caller.prosrc")}) as called
        where under.class = 'pg_proc'::regclass and caller.oid = under.id
    ) as edge (class, id)
)
"""
# What may differ of each object. Its row in the catalogue is another one after each change (``xmin``), but also after a
# grant, an analyze or a new index: so tables that were locked from the beginning, which nobody can rename or rewrite,
# are compared by the values that matter. The rows of roles are hidden from most users.
ENTRIES = f"""
with recursive {UNDER},
relations as (
    select
        pg_class.oid, relkind, relfilenode, relowner, relam, relispopulated, relispartition,
        relrowsecurity, relforcerowsecurity, case relkind when 'v' then reloptions end as reloptions,
        format(
            '%%s %%I.%%I',
            case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'c' then 'type' else 'table' end,
            nspname, relname
        ) as name,
        case when pg_class.oid <> all (given.locked) then concat(pg_class.xmin, '/', pg_namespace.xmin) end as versions
    from given
    cross join under
    join pg_class on pg_class.oid = under.id
    join pg_namespace on pg_namespace.oid = relnamespace
    where under.class = 'pg_class'::regclass and relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
),
entries (name, entry) as (
    select name, concat_ws(
        ':', oid, relkind, relfilenode, relowner, relam, relispopulated, relispartition, relrowsecurity,
        relforcerowsecurity, reloptions, versions
    ) from relations
    union all
    select name, concat_ws(':', 'column', attnum, pg_attribute.xmin) from relations
    join pg_attribute on attrelid = relations.oid and attnum > 0
    union all
    select name, concat_ws(':', 'default', pg_attrdef.oid, pg_attrdef.xmin) from relations
    join pg_attrdef on adrelid = relations.oid
    union all
    select name, concat_ws(':', 'child', inhrelid, pg_inherits.xmin) from relations
    join pg_inherits on inhparent = relations.oid
    join pg_class as child on child.oid = inhrelid and child.relpersistence <> 't'
    union all
    select name, concat_ws(':', 'rule', pg_rewrite.oid, pg_rewrite.xmin) from relations
    join pg_rewrite on ev_class = relations.oid and ev_type = '1'
    union all
    select format('policy %%I on %%s', polname, name), concat_ws(':', pg_policy.oid, pg_policy.xmin) from relations
    join pg_policy on polrelid = relations.oid
    union all
    select format('function %%I.%%I', nspname, proname), concat_ws(':', pg_proc.oid, pg_proc.xmin) from under
    join pg_proc on pg_proc.oid = under.id
    join pg_namespace on pg_namespace.oid = pronamespace
    where under.class = 'pg_proc'::regclass
    union all
    select format('type %%I.%%I', nspname, typname), concat_ws(':', pg_type.oid, pg_type.xmin, label.oid, label.xmin)
    from under
    join pg_type on pg_type.oid = under.id
    join pg_namespace on pg_namespace.oid = typnamespace
    left join pg_enum as label on enumtypid = pg_type.oid
    where under.class = 'pg_type'::regclass
    union all
    select format('role %%I', rolname), concat_ws(
        ':', pg_roles.oid, rolsuper, rolinherit, rolbypassrls, given.roleid, given.xmin
    ) from under
    join pg_roles on pg_roles.oid = under.id
    left join pg_auth_members as given on given.member = pg_roles.oid
    where under.class = 'pg_authid'::regclass
),
named as (
    select name, hashtextextended(string_agg(entry, ',' order by entry), 0)::text as entry from entries group by name
)
select coalesce(array_agg(name), '{{}}'), coalesce(array_agg(entry), '{{}}') from named
"""

# The server cannot guess how many objects lie under a query, and would prepare for millions of them.
PLANNING = ("jit", "work_mem", "enable_hashjoin", "enable_mergejoin")
SET_PLANNING = "set jit = off; set work_mem = '64kB'; set enable_hashjoin = off; set enable_mergejoin = off"
RESET_PLANNING = "; ".join(f"set {name} = default" for name in PLANNING)


class Catalogue:
    """What the catalogue says of all that lies under a query, as each statement of a session sees it."""

    def __init__(self, session: Session, query: str) -> None:
        self._session = session
        self._query = query

    def relations(self) -> Sequence[int]:
        """Return the numbers of all relations that the session's transaction has touched until now."""
        relations: Sequence[int] = self._session.fetch_row(LOCKED)[0]
        return relations

    def lockable(self) -> Sequence[str]:
        """Return the names of those among them that can be locked by name."""
        names: Sequence[str] = self._session.fetch_row(LOCKABLE, (self.relations(),))[0]
        return names

    def entries(self, relations: Sequence[int], locked: Sequence[int]) -> Mapping[str, str]:
        """Return a fingerprint of each object under the query, by its name.

        :param relations: those that the query touches
        :param locked: those among them that nobody could change otherwise than by changing their entries
        """
        self._session.execute(SET_PLANNING)
        names, entries = self._session.fetch_row(ENTRIES, (self._query, list(relations), list(locked)))
        self._session.execute(RESET_PLANNING)
        return dict(zip(names, entries, strict=True))


def changed_entries(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the names of the objects that are not the same in both."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
