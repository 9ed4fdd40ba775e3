// The table of all days and systems.

import { element } from "./dom.js";
import { amountDifference, amountName, badge, difference, known } from "./parts.js";
import { exportBefore, mainExports, totalOf } from "./reports.js";

const SHOWN_DAYS = 14;

export function historyTable(page) {
  const { text, days } = page;
  const shown = page.showsAll ? days : days.slice(0, SHOWN_DAYS);
  const numeric = ["rows", "difference", "files", "size", "duration"];
  const column = (name) => element("th", { scope: "col", class: numeric.includes(name) ? "number" : null }, text(name));
  const names = ["business_date", "system", "state", "rows", "difference", "files", "size", "duration", "amounts"];
  const table = element("table", { class: "history" },
    element("thead", {}, element("tr", {}, names.map(column))),
    shown.map((day) => element("tbody", { class: day.date === page.date ? "selected" : null }, dayRows(page, day))),
  );
  return element("section", {},
    element("h2", { id: "history" }, text("history")),
    element("div", { class: "scrolling", tabindex: "0", role: "region", "aria-labelledby": "history" }, table),
    shown.length < days.length && element("p", {}, element("button", { type: "button", "data-name": "all-days", click: () => page.showAll() }, text("history.more", { count: days.length }))),
  );
}

function dayRows(page, day) {
  const lines = day.systems.length ? day.systems : [null];
  return lines.map((system, place) => element("tr", {},
    place === 0 && dateCell(page, day, lines.length),
    ...(system ? systemCells(page, day, system) : emptyCells(page, day)),
  ));
}

function dateCell(page, day, height) {
  const { text, formats } = page;
  const date = formats.shortDay(day.date);
  const button = element("button", {
    type: "button", class: "plain", "data-name": `day-${day.date}`, title: text("history.select", { date }), "aria-pressed": String(day.date === page.date), click: () => page.selectDay(day.date),
  }, date);
  return element("th", { scope: "rowgroup", rowspan: height }, button);
}

function emptyCells(page, day) {
  const dash = page.text("none");
  const state = element("td", {}, badge(day.state, page.text(`state.${day.state}`)));
  return [element("td", {}, dash), state, ...Array.from({ length: 5 }, () => element("td", { class: "number" }, dash)), element("td", {}, dash)];
}

function systemCells(page, day, system) {
  const { text, formats } = page;
  const exports = mainExports(system);
  const before = exports.map((each) => exportBefore(page.days, day.date, each.taskId));
  const [rows, rowsBefore] = [totalOf(exports, "rows"), before.every(Boolean) ? totalOf(before, "rows") : null];
  const compared = rows !== null && rowsBefore !== null;
  const state = system.state ?? "unknown";
  const number = (content, title) => element("td", { class: "number", title }, content);
  return [
    element("th", { scope: "row" }, system.name),
    element("td", {}, badge(state, text.or(`state.${state}`, state))),
    number(known(page, rows, formats.count)),
    number(compared ? difference(page, String(rows), String(rowsBefore)) : text("none")),
    number(known(page, totalOf(exports, "files"), formats.count)),
    number(known(page, totalOf(exports, "bytes"), formats.bytes)),
    number(known(page, totalOf(exports, "seconds"), formats.seconds)),
    element("td", {}, exports.map((each, place) => amountLines(page, each, before[place]))),
  ];
}

function amountLines(page, each, before) {
  const earlier = new Map(before?.amounts ?? []);
  if (!each.amounts.length) {
    return page.text("none");
  }
  return element("ul", { class: "amount-lines" }, each.amounts.map(([label, amount]) => element("li", {},
    element("span", {}, amountName(page, label)),
    element("span", { class: "number" }, known(page, amount, page.formats.amount)),
    element("span", { class: "number" }, earlier.has(label) ? amountDifference(page, amount, earlier.get(label)) : ""),
  )));
}
