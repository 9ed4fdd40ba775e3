// What the page shows: a day, or why there is none.

import { yearCalendar } from "./calendar.js";
import { chartsSection } from "./charts.js";
import { dayBanner, emptyBanner, runsOfDay, systemCards } from "./day.js";
import { element } from "./dom.js";
import { historyTable } from "./history.js";
import { link } from "./links.js";
import { notice } from "./parts.js";
import { refusedRun, refusedRuns } from "./refused.js";
import { runSection } from "./run.js";

const PROBLEMS = { 0: "error.no_answer", 401: "error.signed_out", 403: "error.forbidden", 404: "error.not_found" };

export function pageContent(page) {
  const { problem, days } = page;
  if (problem && !days.length) {
    return notice(page.text("error.title"), problemSentence(page), wayOut(page));
  }
  if (page.entry?.report?.isRefused) {
    return refusedRun(page, page.entry);
  }
  if (days.length) {
    return [problem && refreshFailure(page), page.day ? dayContent(page) : emptyContent(page)];
  }
  return page.loadedAt ? contentWithoutDays(page) : notice(page.text("title"), page.text("loading", { days: page.span }));
}

function contentWithoutDays(page) {
  const { text, isOtherDag } = page;
  if (page.date && !isOtherDag) {
    return [emptyBanner(page), yearCalendar(page)];
  }
  if (!page.dags.length) {
    return notice(text("empty.no_runs.title"), text("empty.no_dags"));
  }
  return isOtherDag
    ? notice(text("title"), text("empty.other_dag", { dag: page.dagId }))
    : [notice(text("empty.no_runs.title"), text("empty.no_runs", { days: page.span })), yearCalendar(page)];
}

function dayContent(page) {
  const { text, day, entry, reader } = page;
  const run = runSection(page, entry, reader.detailsOf(entry.run));
  const isTroubled = entry.run.state !== "success";
  return [
    reader.isForbidden && element("p", { class: "warning" }, text("error.forbidden_reports")),
    reader.unreadable.size > 0 && element("p", { class: "warning" }, text("error.some_reports", { count: reader.unreadable.size })),
    dayBanner(page, day),
    runsOfDay(page, day),
    isTroubled && run,
    systemCards(page, day),
    yearCalendar(page),
    chartsSection(page),
    historyTable(page),
    !isTroubled && run,
    refusedRuns(page),
  ];
}

function emptyContent(page) {
  return [emptyBanner(page), yearCalendar(page), chartsSection(page), historyTable(page), refusedRuns(page)];
}

// What is shown stays.
function refreshFailure(page) {
  return element("div", { class: "warning" }, element("p", {}, page.text("error.refresh"), " ", problemSentence(page)), wayOut(page));
}

function problemSentence(page) {
  const { status } = page.problem;
  if (status === undefined) {
    throw page.problem;
  }
  return page.text(PROBLEMS[status] ?? "error.server", { status });
}

function wayOut(page) {
  const retry = element("button", { type: "button", "data-name": "retry", click: () => page.load() }, page.text("retry"));
  return element("p", {}, page.problem.status === 401 ? link(page.api.home(), page.text("error.sign_in")) : retry);
}
