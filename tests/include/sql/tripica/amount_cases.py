"""Cases of the amount table of docs/domain.md 3.10: for each branch what fits, and what just does not."""

from __future__ import annotations

from dataclasses import dataclass

AXIS_CANCELLED = "credit cancellation"
G, NE, N, T, V = "TaxIncludedAmount", "VATExcludedAmount - GASTAX", "VATExcludedAmount", "GASTAX", "VAT"
DISCOUNT, BONUS, SUBSCRIPTION = "GAS_DISCOUNT_WELCOME", "GAS_MANUAL_BONUS", "GAS_SUBSCRIPTION_ENERGY"

# The charge has net 100, gross 130, VAT 19 and energy tax 11 as listed. It is booked in two aggregates: in the
# first net and gross add up to more than nothing and VAT to less, in the second it is the other way round.
VALUES = {
    "net*": (100, -100),
    "gross*": (130, -130),
    "rest*": (111, -111),
    "gross by tax sign": (-130, 130),
    "net by tax sign": (-100, 100),
    "gross": (130, 130),
    "net": (100, 100),
    "energy by item sign": (-11, -11),
    "abs energy": (11, 11),
    "abs vat": (19, 19),
    "tax item": (-19, -19),
    "vat by tax sign": (-19, 19),
    "marker": (0, 0),
}


@dataclass(frozen=True)
class Case:
    """A charge, the line that books it, the branch of the table that holds and the value it gives."""

    branch: int
    value: str
    glid: str
    formula: str | None
    booked: str | None = "2024-06-01"
    axis: str | None = None
    account: str = "14000000"
    vat: int | None = 1900
    item: bool = False
    created: str | None = "2023-05-10"

    @property
    def name(self) -> str:
        """What a reader of a failed test sees."""
        parts = (self.branch, self.glid, self.axis, self.formula, self.booked, self.account[:1], self.created)
        return " ".join(map(str, parts)) + f" vat={self.vat}" * (self.vat != 1900) + " item" * self.item


def _swapped_discounts() -> list[Case]:
    cases: list[Case] = []
    day: str | None
    for axis in (None, "consumption", AXIS_CANCELLED):
        for day in ("2021-06-07", "2023-01-17"):
            cases += [Case(1, "net*", DISCOUNT, G, day, axis), Case(2, "gross*", DISCOUNT, NE, day, axis)]
        for day in ("2023-01-18", None):
            cases += [Case(13, "gross*", DISCOUNT, G, day, axis), Case(14, "rest*", DISCOUNT, NE, day, axis)]
        if axis != AXIS_CANCELLED:
            cases += [Case(3, "net*", DISCOUNT, G, "2021-06-06", axis)]
            cases += [Case(4, "gross*", DISCOUNT, NE, "2021-06-06", axis)]
    cases += [Case(13, "gross*", DISCOUNT, G, "2021-06-06", AXIS_CANCELLED)]
    cases += [Case(14, "rest*", DISCOUNT, NE, "2021-06-06", AXIS_CANCELLED)]
    cases += [Case(13, "gross*", "GAS_DISCOUNT", G, "2022-01-01"), Case(15, "net*", DISCOUNT, N, "2022-01-01")]
    return cases


def _swapped_bonuses() -> list[Case]:
    day: str | None
    cases = [Case(5, "net*", BONUS, G, day, account="48010000") for day in ("2020-11-02", "2020-11-11")]
    cases += [Case(13, "gross*", BONUS, G, day, account="48010000") for day in ("2020-11-01", "2020-11-12")]
    cases += [Case(13, "gross*", BONUS, G, "2020-11-02"), Case(13, "gross*", BONUS, G, "2020-11-12")]
    for day in ("2020-11-13", "2023-01-12"):
        cases += [Case(6, "net*", BONUS, G, day), Case(7, "gross*", BONUS, NE, day)]
        cases += [Case(7, "gross*", BONUS, N, day), Case(15, "net*", BONUS, "TaxIncludedAmount - VAT", day)]
        cases += [Case(13, "gross*", BONUS, G, day, AXIS_CANCELLED)]
        cases += [Case(14, "rest*", BONUS, NE, day, AXIS_CANCELLED)]
        cases += [Case(15, "net*", BONUS, N, day, AXIS_CANCELLED)]
    for day in ("2020-11-12", "2023-01-13", None):
        cases += [Case(14, "rest*", BONUS, NE, day), Case(15, "net*", BONUS, N, day)]
    cases += [Case(13, "gross*", BONUS, G, day) for day in ("2023-01-13", None)]
    cases += [Case(13, "gross*", BONUS, G, "2020-11-02", AXIS_CANCELLED, "48010000")]
    return cases


def _write_offs_and_subscriptions() -> list[Case]:
    cases = [
        Case(8, "net*", "GAS_X", formula, "2023-01-01", "write-off", "54010000")
        for formula in (G, NE, N, T, V, "unknown", None)
    ]
    cases += [Case(22, "marker", "GAS_X", None, day, "write-off", "54010000") for day in ("2023-01-02", None)]
    cases += [Case(22, "marker", "GAS_X", None, "2023-01-01", "write-off", "45010000")]
    cases += [Case(22, "marker", "GAS_X", None, "2023-01-01", "writeoff", "54010000")]
    cases += [Case(9, "rest*", SUBSCRIPTION, G, "2021-06-07", AXIS_CANCELLED)]
    cases += [Case(10, "gross*", SUBSCRIPTION, NE, "2021-06-07", AXIS_CANCELLED)]
    for day, axis in (("2021-06-08", AXIS_CANCELLED), (None, AXIS_CANCELLED), ("2021-06-07", None)):
        cases += [Case(13, "gross*", SUBSCRIPTION, G, day, axis), Case(14, "rest*", SUBSCRIPTION, NE, day, axis)]
    cases += [Case(13, "gross*", "GAS_BILL", G, "2021-06-07", AXIS_CANCELLED)]
    return cases


def _formulas() -> list[Case]:
    epilot = "EPILOT_PV_LEASE_PAY"
    cases = [Case(11, "gross by tax sign", epilot, G), Case(12, "net by tax sign", epilot, NE)]
    for vat in (0, None):
        cases += [Case(11, "gross", epilot, G, vat=vat), Case(12, "net", epilot, NE, vat=vat)]
    cases += [Case(15, "net*", epilot, N), Case(13, "gross*", "EPILOT", G)]
    cases += [Case(13, "gross*", "GAS_BILL", formula) for formula in (G, "ac.TaxIncludedAmount")]
    cases += [
        Case(14, "rest*", "GAS_BILL", formula)
        for formula in (
            "TaxExcludedAmount - energyTax.Amount",
            "VATExcludedAmount - GASTAX",
            "VATExcludedAmount - ELECTRICITYTAX",
            "TaxIncludedAmount - VAT - ENERGYTAX",
            "TaxIncludedAmount - VAT - ELECTRICITYTAX",
            "TaxIncludedAmount - VAT - GASTAX",
        )
    ]
    cases += [Case(15, "net*", "GAS_BILL", formula) for formula in (N, "TaxIncludedAmount - VAT")]
    for formula in ("energyTax.Amount", T, "ELECTRICITYTAX"):
        cases += [Case(16, "energy by item sign", "GAS_BILL", formula, item=True)]
        cases += [Case(17, "abs energy", "GAS_BILL", formula)]
    cases += [Case(22, "marker", "GAS_BILL", formula) for formula in ("unknown", "taxincludedamount", "", None)]
    return cases


def _vat() -> list[Case]:
    cases = []
    for formula in (V, "vat.Amount"):
        for item in (False, True):
            cases += [Case(18, "abs vat", "GAS_BILL", formula, item=item, created="2021-10-08")]
        for created in ("2021-10-09", None):
            for day in ("2024-01-03", "2024-01-04", None):
                cases += [Case(19, "tax item", "GAS_BILL", formula, day, item=True, created=created)]
            cases += [Case(20, "abs vat", "GAS_BILL", formula, "2024-01-03", created=created)]
            for day in ("2024-01-04", None):
                cases += [Case(21, "vat by tax sign", "GAS_BILL", formula, day, created=created)]
    return cases


CASES = _swapped_discounts() + _swapped_bonuses() + _write_offs_and_subscriptions() + _formulas() + _vat()
