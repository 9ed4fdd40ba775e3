// One business day: what was delivered, system by system, and how that differs from the day before.

import { yearBefore } from "./dates.js";
import { element } from "./dom.js";
import { amountDifference, amountName, badge, difference, exportLinks, exportName, known } from "./parts.js";
import { exportBefore, mainExports, totalOf } from "./reports.js";

// The verdict on the day, and the way to its neighbours.
export function dayBanner(page, day) {
  const { text, formats } = page;
  const heading = element("h2", { id: "day" }, element("span", { class: "weekday" }, formats.weekday(day.date)), " ", formats.day(day.date));
  return element("section", { class: `banner state-${day.state}`, "aria-labelledby": "day" },
    element("div", { class: "verdict" },
      element("p", { class: "eyebrow" }, text("business_date")),
      heading,
      element("p", { class: "sentence" }, badge(day.state, text(`state.${day.state}`)), " ", text(`day.${day.state}`)),
      day.newer && element("p", {}, deliveredBy(page, day)),
      lacksFiles(day) && element("p", { class: "muted" }, text("day.failed.last_good")),
      element("p", { class: "muted" }, [summaryOf(page, day), timesOf(page, day)].filter(Boolean).join(" · ")),
    ),
    neighbours(page),
  );
}

// A day without data, and the way to others.
export function emptyBanner(page) {
  const { text, formats, date } = page;
  const heading = element("h2", { id: "day" }, element("span", { class: "weekday" }, formats.weekday(date)), " ", formats.day(date));
  return element("section", { class: "banner", "aria-labelledby": "day" },
    element("div", { class: "verdict" },
      element("p", { class: "eyebrow" }, text("business_date")),
      heading,
      element("p", { class: "sentence" }, page.isLoaded(date) ? text("day.no_data") : !page.problem && text("day.loading")),
    ),
    neighbours(page),
  );
}

// Which runs have delivered the day, and what became of a run after them.
function deliveredBy({ text }, day) {
  const runs = day.deliveries.map(({ run }) => run.dag_run_id).join(", ");
  return [text("day.delivered_by", { runs }), " ", text(`day.newer.${day.newer}`)];
}

// Whether a system failed before its results were exported.
function lacksFiles(day) {
  return day.systems.some((system) => ["failed", "upstream_failed"].includes(system.state) && !system.exports.size);
}

function summaryOf({ text, formats }, day) {
  const exports = day.systems.flatMap(mainExports);
  const [rows, files, bytes] = ["rows", "files", "bytes"].map((figure) => totalOf(exports, figure));
  if (rows === null || files === null || bytes === null) {
    return "";
  }
  return text(files === 1 ? "day.summary.one" : "day.summary", { rows: formats.count(rows), files: formats.count(files), bytes: formats.bytes(bytes) });
}

function timesOf({ text, formats }, day) {
  const run = (day.deliveries[0] ?? day.newest)?.run;
  if (run?.end_date && run.start_date) {
    const duration = formats.seconds((new Date(run.end_date) - new Date(run.start_date)) / 1000);
    return text("day.finished", { time: formats.time(run.end_date), duration });
  }
  return run?.start_date ? text("day.started", { time: formats.time(run.start_date) }) : "";
}

function neighbours(page) {
  const { text, date, dates, first } = page;
  const [newest] = dates;
  const button = (name, label, isPossible, click) => element("button", { type: "button", "data-name": name, disabled: !isPossible, click }, label);
  return element("nav", { class: "neighbours", "aria-label": text("business_date") },
    button("earlier", `‹ ${text("day.earlier")}`, first && first < date, () => page.step(-1)),
    button("later", `${text("day.later")} ›`, newest > date, () => page.step(1)),
    button("newest", text("day.newest"), newest && newest !== date, () => page.selectDay(newest)),
    button("year-ago", text("day.year_ago"), first && first <= yearBefore(date), () => page.selectYearBefore()),
  );
}

// A card for each system that the day knows.
export function systemCards(page, day) {
  return element("div", { class: "cards" }, day.systems.map((system) => systemCard(page, day, system)));
}

function systemCard(page, day, system) {
  const state = system.state ?? "unknown";
  const newest = system.attempts[0];
  const exports = [...system.exports.values()].sort((one, other) => Number(isResult(other)) - Number(isResult(one)) || (one.taskId < other.taskId ? -1 : 1));
  return element("section", { class: "card", "aria-label": system.name },
    element("header", {}, element("h3", {}, system.name), badge(state, page.text.or(`state.${state}`, state))),
    newest && newest.entry !== system.entry && element("p", { class: "muted" }, page.text("newer_run"), " ", badge(newest.state, page.text.or(`state.${newest.state}`, newest.state))),
    exports.length ? exports.map((each) => exportBlock(page, day, system, each)) : element("p", { class: "muted" }, page.text("no_exports")),
  );
}

function isResult(each) {
  return each.taskId.split(".").length === 2;
}

function exportBlock(page, day, system, each) {
  const { text } = page;
  const before = exportBefore(page.days, day.date, each.taskId);
  const isOlder = system.attempts.length > 0 && system.attempts[0].entry.run !== each.run;
  return element("div", { class: isResult(each) ? "export" : "export lesser" },
    element("h4", {}, exportName(page, each)),
    isOlder && element("p", { class: "hint" }, text("from_earlier_run", { run: each.run.dag_run_id })),
    figures(page, each, before),
    each.amounts.length > 0 && amountsTable(page, each, before),
    isResult(each) && !each.amounts.length && element("p", { class: "muted" }, text("no_amounts")),
    exportLinks(page, each),
  );
}

function figures(page, each, before) {
  const { text, formats } = page;
  const exact = each.bytes === null ? null : text("bytes.exact", { count: formats.count(each.bytes) });
  const figure = (label, value, title) => element("div", {}, element("dt", {}, label), element("dd", { title }, value));
  return element("dl", { class: "figures" },
    element("div", { class: "main-figure" },
      element("dt", {}, text("rows")),
      element("dd", {}, known(page, each.rows, formats.count)),
      element("dd", { class: "compared" }, comparedRows(page, each, before)),
    ),
    figure(text("files"), known(page, each.files, formats.count)),
    figure(text("size"), known(page, each.bytes, formats.bytes), exact),
    figure(text("duration"), known(page, each.seconds, formats.seconds)),
  );
}

function comparedRows(page, each, before) {
  if (each.rows === null || before?.rows === null || !before) {
    return page.text("no_before");
  }
  return [
    difference(page, String(each.rows), String(before.rows)), " ",
    element("span", { class: "muted" }, page.text("difference.to", { date: page.formats.shortDay(before.date) })),
  ];
}

function amountsTable(page, each, before) {
  const { text, formats } = page;
  const earlier = new Map(before?.amounts ?? []);
  const numeric = { scope: "col", class: "number" };
  const head = [
    element("th", { scope: "col" }, text("amounts")),
    element("th", numeric, text("amount")),
    before && element("th", { scope: "col", class: "number wide" }, formats.shortDay(before.date)),
    before && element("th", numeric, text("difference")),
  ];
  const rows = each.amounts.map(([label, amount]) => element("tr", {},
    element("th", { scope: "row" }, amountName(page, label)),
    element("td", { class: "number" }, known(page, amount, formats.amount)),
    before && element("td", { class: "number wide muted" }, known(page, earlier.get(label), formats.amount)),
    before && element("td", { class: "number" }, amountDifference(page, amount, earlier.get(label))),
  ));
  const table = element("table", { class: "amounts" }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows));
  return element("div", { class: "scrolling" }, table);
}

// The runs of the day, to choose the one that is shown in detail.
export function runsOfDay(page, day) {
  if (day.entries.length < 2) {
    return null;
  }
  const { text, formats } = page;
  const item = ({ run, report }) => element("li", {}, element("button", {
    type: "button", class: "run-choice", "data-name": run.dag_run_id, "aria-pressed": String(run.dag_run_id === page.runId), click: () => page.selectRun(run.dag_run_id),
  }, badge(run.state, text.or(`run_state.${run.state}`, run.state)), " ", formats.moment(run.start_date ?? run.run_after),
    report?.isDryRun && ` · ${text("stage.dry_run")}`, element("span", { class: "muted" }, ` ${run.dag_run_id}`)));
  return element("section", { class: "runs-of-day" }, element("h3", {}, text("day.runs")), element("ul", {}, day.entries.map(item)));
}
