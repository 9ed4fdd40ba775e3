-- Creates the empty table of charge kinds that can be open items: patterns of glid and analytic axis ("_"
-- stands for any one character). The script 011 of the default layer or the client fills it. Safe to re-run:
-- the table is replaced. docs/domain.md 2.5.
set local client_min_messages = warning;

drop table if exists report_oibl_work.tripica_due_charge_types;

create unlogged table report_oibl_work.tripica_due_charge_types (
    glid_pattern varchar(255),
    analyticaxis_pattern varchar(255) default '%',
    primary key (glid_pattern, analyticaxis_pattern)
);
