// The calendar of a year: the state of each day, its gaps and its month ends.

import { dayAfter, isMonthEnd, today, weeksOf, yearOf } from "./dates.js";
import { element } from "./dom.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const LEGEND = ["success", "failed", "running", "unknown", "gap"];
const MONTHS = Array.from({ length: 12 }, (_, place) => place + 1);

export function yearCalendar(page) {
  if (!page.first) {
    return null;
  }
  const { text, shownYear: year } = page;
  const calendar = { page, states: page.statesOf(year), chosen: tabStop(page, year) };
  return element("section", { class: "year", "aria-labelledby": "year", "aria-busy": String(calendar.states === null) },
    element("div", { class: "year-head" }, element("h2", { id: "year" }, text("year", { year })), yearChoice(page, year)),
    element("div", { class: "months", keydown: moveFocus }, MONTHS.map((month) => monthTable(calendar, year, month))),
    element("ul", { class: "year-legend" }, LEGEND.map((state) => legendItem(text(`calendar.${state}`), `state-${state}`)), legendItem(text("calendar.month_end"), "month-end")),
    element("p", { class: "hint" }, text("calendar.keys")),
  );
}

function yearChoice(page, year) {
  const [oldest, newest] = [yearOf(page.first), yearOf(page.dates[0] ?? today())];
  const button = (name, label, target, isKnown) =>
    element("button", { type: "button", "data-name": name, disabled: !isKnown, click: () => page.selectYear(target) }, label);
  return element("nav", { class: "neighbours", "aria-label": page.text("year.choice") },
    button("year-before", `‹ ${year - 1}`, year - 1, year > oldest),
    button("year-after", `${year + 1} ›`, year + 1, year < newest),
  );
}

function legendItem(label, kind) {
  return element("li", {}, element("span", { class: `square ${kind}`, "aria-hidden": "true" }), label);
}

function monthTable(calendar, year, month) {
  const { formats } = calendar.page;
  const weeks = weeksOf(year, month);
  const monday = weeks[1][0];
  const weekday = (_, place) => dayAfter(monday, place);
  const head = (date) => element("th", { scope: "col", abbr: formats.weekday(date) }, formats.shortWeekday(date));
  return element("table", { class: "month" },
    element("caption", {}, formats.month(monday)),
    element("thead", {}, element("tr", {}, Array.from({ length: 7 }, weekday).map(head))),
    element("tbody", {}, weeks.map((week) => element("tr", {}, week.map((date) => element("td", {}, date && daySquare(calendar, date)))))),
  );
}

function daySquare({ page, states, chosen }, date) {
  const { text, formats } = page;
  const state = page.stateOf(date);
  const isGap = !state && states !== null && page.since <= date && date < today();
  const kind = `square${isMonthEnd(date) ? " month-end" : ""} state-${isGap ? "gap" : state ?? "none"}`;
  const number = String(Number(date.slice(8)));
  if (!state) {
    return element("span", { class: kind, title: isGap ? text("calendar.gap") : null }, number, isGap && element("span", { class: "visually-hidden" }, ` ${text("calendar.gap")}`));
  }
  const name = [`${formats.day(date)}: ${text(`state.${state}`)}`, isMonthEnd(date) && text("calendar.month_end")].filter(Boolean).join(", ");
  return element("button", {
    type: "button", class: kind, "data-name": `square-${date}`, "data-date": date, title: name, "aria-label": name, tabindex: date === chosen ? "0" : "-1",
    "aria-current": date === page.date ? "date" : null, click: () => page.selectDay(date),
  }, number);
}

// The Tab key stops at one day: the opened one, else the newest of the year.
function tabStop(page, year) {
  const dates = page.dates.filter((date) => yearOf(date) === year);
  return dates.includes(page.date) ? page.date : dates[0];
}

// Arrow keys lead to the next day that has runs, up and down by weeks.
function moveFocus(event) {
  const step = STEPS[event.key];
  const from = event.target.dataset.date;
  if (!step || !from) {
    return;
  }
  event.preventDefault();
  const squares = [...event.currentTarget.querySelectorAll("[data-date]")];
  const wanted = dayAfter(from, step);
  const next = step > 0 ? squares.find((each) => each.dataset.date >= wanted) : squares.findLast((each) => each.dataset.date <= wanted);
  if (next) {
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}
