// Reads the reports that runs leave, of this release or an older one, and folds them into days.

import { isDecimal } from "./decimals.js";

const STATES = ["failed", "upstream_failed", "running", "paused", "unknown", "skipped", "success"];
const IN_PROGRESS = ["queued", "running", "paused"];

export function isInProgress(run) {
  return IN_PROGRESS.includes(run.state);
}

// The report of a run in one form; null if the run has left none. What is not of the expected type is left out.
export function readReport(value) {
  if (!isObject(value) || !isObject(value.systems)) {
    return null;
  }
  const exports = Object.entries(objectOf(value.exports)).filter(([, summary]) => isObject(summary));
  return {
    systems: Object.fromEntries(Object.entries(value.systems).map(([system, state]) => [system, String(state)])),
    exports: exports.map(([taskId, summary]) => readExport(taskId, summary)),
    failures: Object.entries(objectOf(value.failures)).map(([taskId, failure]) => ({
      taskId,
      error: textOf(failure?.error) ?? "",
      script: textOf(failure?.script),
    })),
    doubts: Array.isArray(value.doubts) ? value.doubts.map(String) : [],
    businessDate: dateOf(value.business_date),
    isRefused: value.refused === true,
    isDryRun: value.dry_run === true || exports.some(([, summary]) => summary.dry_run === true),
  };
}

function readExport(taskId, summary) {
  return {
    taskId,
    system: taskId.split(".")[0],
    rows: countOf(summary.rows),
    files: countOf(summary.files),
    bytes: countOf(summary.bytes),
    seconds: typeof summary.seconds === "number" && summary.seconds >= 0 ? summary.seconds : null,
    // Null is the sum of no rows, which is worth showing.
    amounts: Object.entries(objectOf(summary.amounts)).filter(([, amount]) => amount === null || isDecimal(amount)),
    bucket: textOf(summary.bucket),
    manifest: textOf(summary.manifest),
    url: textOf(summary.url),
  };
}

// The day that a run stands for: the report's, else the one it was asked for, else its own.
export function businessDateOf(run, report) {
  const own = String(run.logical_date ?? run.run_after ?? "").slice(0, 10);
  return report?.businessDate ?? dateOf(run.conf?.business_date) ?? own;
}

// Days with their systems, newest first, from runs with their reports, newest first.
//
// A day's state is that of what is published for it: a system that a run has delivered stays so if a later run fails or
// is at work. Else its state is that of the newest run that selected it. Dry runs deliver nothing; a run that was refused
// is not of any day.
export function foldDays(entries) {
  const days = new Map();
  for (const entry of entries.filter((each) => !each.report?.isRefused)) {
    const date = businessDateOf(entry.run, entry.report);
    const day = days.get(date) ?? { date, entries: [], systems: new Map() };
    days.set(date, day);
    day.entries.push(entry);
    if (!isDryRun(entry)) {
      addEntry(day, entry);
    }
  }
  const sorted = [...days.values()].sort((one, other) => (one.date < other.date ? 1 : -1));
  return sorted.map(finishDay);
}

export function isDryRun({ run, report }) {
  return report?.isDryRun ?? run.conf?.dry_run === true;
}

function addEntry(day, entry) {
  for (const [name, state] of Object.entries(entry.report?.systems ?? {})) {
    if (state !== "skipped") {
      systemOf(day, name).attempts.push({ state, entry });
    }
  }
  for (const each of entry.report?.exports ?? []) {
    const exports = systemOf(day, each.system).exports;
    if (!exports.has(each.taskId)) {
      exports.set(each.taskId, { ...each, run: entry.run });
    }
  }
}

function systemOf(day, name) {
  if (!day.systems.has(name)) {
    day.systems.set(name, { name, state: null, entry: null, delivery: null, attempts: [], exports: new Map() });
  }
  return day.systems.get(name);
}

// `newer` is what became of a run after the delivery: "failed", "running", "paused" or "unknown"; null if there is none.
function finishDay(day) {
  day.systems.forEach(judge);
  const systems = [...day.systems.values()].sort(byWeight);
  const real = day.entries.filter((entry) => !isDryRun(entry));
  const newest = real[0] ?? null;
  const deliveries = [...new Set(systems.map((system) => system.delivery))];
  const isDelivered = systems.length > 0 && !deliveries.includes(null);
  // A run that delivered one system and failed in another is newer than the delivery of the other.
  const oldest = Math.max(...deliveries.map((entry) => real.indexOf(entry)));
  const state = isDelivered ? "success" : undeliveredState(systems, real);
  return { ...day, systems, newest, state, deliveries: isDelivered ? real.filter((entry) => deliveries.includes(entry)) : [], newer: isDelivered ? outcomeOf(real.slice(0, oldest)) : null };
}

// Which run has delivered a system: the newest that did all of it. A run whose files are not those that it has written
// has spoilt what was there before.
function judge(system) {
  const [newest] = system.attempts;
  for (const { state, entry } of system.attempts) {
    if (state === "success" && !hasDoubts(entry, system.name)) {
      Object.assign(system, { state: "success", entry, delivery: entry });
      return;
    }
    if (entry.report.failures.some(({ taskId }) => taskId === `${system.name}.verify`)) {
      break;
    }
  }
  Object.assign(system, { state: newest?.state ?? null, entry: newest?.entry ?? null });
}

function hasDoubts({ report }, name) {
  return report.doubts.some((doubt) => doubt.startsWith(`${name}.`));
}

function undeliveredState(systems, real) {
  if (!real.length) {
    return "dry_run";
  }
  // A doubt fails the run, though no system failed.
  const run = outcomeOf(real);
  return worst([...systems.map((system) => system.state ?? "unknown"), ...(run ? [run] : [])]);
}

// What there is to say of some runs, newest first: one that is at work, else the newest.
function outcomeOf(entries) {
  const atWork = entries.find(({ run }) => isInProgress(run));
  if (atWork) {
    return atWork.run.state === "paused" ? "paused" : "running";
  }
  const [newest] = entries;
  return !newest || newest.run.state === "success" && newest.report ? null : newest.run.state === "failed" ? "failed" : "unknown";
}

// Systems with results come before those that only archive.
function byWeight(one, other) {
  const archives = (system) => Number(system.exports.size > 0 && !hasResults(system));
  return archives(one) - archives(other) || (one.name < other.name ? -1 : 1);
}

function hasResults(system) {
  return system.exports.has(`${system.name}.export`);
}

export function worst(states) {
  return STATES.find((state) => states.includes(state)) ?? "unknown";
}

// The same export on the nearest earlier day that has it; `days` are sorted from new to old.
export function exportBefore(days, date, taskId) {
  for (const day of days) {
    if (day.date < date) {
      const found = day.systems.find((system) => system.exports.has(taskId))?.exports.get(taskId);
      if (found) {
        return { ...found, date: day.date };
      }
    }
  }
  return null;
}

// The exports that a system's line stands for: its results; for a system that only archives, its archives.
export function mainExports(system) {
  return hasResults(system) ? [system.exports.get(`${system.name}.export`)] : [...system.exports.values()];
}

// Rows, files, bytes and seconds of some exports together; null where an export does not tell.
export function totalOf(exports, figure) {
  const figures = exports.map((each) => each[figure]);
  return figures.length && figures.every((each) => each !== null) ? figures.reduce((sum, each) => sum + each, 0) : null;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value) {
  return isObject(value) ? value : {};
}

function textOf(value) {
  return typeof value === "string" && value ? value : null;
}

function countOf(value) {
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function dateOf(value) {
  return typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? value : null;
}
