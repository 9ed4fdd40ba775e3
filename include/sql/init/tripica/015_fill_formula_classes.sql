-- Fills the table of booking formulas and their classes: gross (G), net less energy tax (NE), net (N),
-- energy tax (T) and VAT (V). A formula that is not listed has no class. Safe to re-run: the table is
-- replaced. docs/domain.md 3.10, formula classes.
set local client_min_messages = warning;

drop table if exists report_oibl_work.tripica_formula_classes;

create unlogged table report_oibl_work.tripica_formula_classes (
    formula varchar(255) primary key,
    formula_class text not null
);

insert into report_oibl_work.tripica_formula_classes (formula, formula_class)
values
('TaxIncludedAmount', 'G'),
('ac.TaxIncludedAmount', 'G'),
('TaxExcludedAmount - energyTax.Amount', 'NE'),
('VATExcludedAmount - GASTAX', 'NE'),
('VATExcludedAmount - ELECTRICITYTAX', 'NE'),
('TaxIncludedAmount - VAT - ENERGYTAX', 'NE'),
('TaxIncludedAmount - VAT - ELECTRICITYTAX', 'NE'),
('TaxIncludedAmount - VAT - GASTAX', 'NE'),
('VATExcludedAmount', 'N'),
('TaxIncludedAmount - VAT', 'N'),
('energyTax.Amount', 'T'),
('GASTAX', 'T'),
('ELECTRICITYTAX', 'T'),
('vat.Amount', 'V'),
('VAT', 'V');
