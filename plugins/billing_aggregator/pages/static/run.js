// One run in detail: its stages, what failed and why, and what to do.

import { element } from "./dom.js";
import { link } from "./links.js";
import { badge, originalMessage } from "./parts.js";
import { isInProgress } from "./reports.js";
import { remedyOf, stagesOf, tasksAround } from "./stages.js";
import { STAGES } from "./words.js";

// What the report says in English, by a part of it.
const DOUBTS = [
  ["by hand: what it exported, if anything, is not known", "doubt.by_hand"],
  ["by hand: its script did not run", "doubt.not_run"],
  ["was selected, but exported nothing", "doubt.not_exported"],
];

// `details` are the tasks of the run and its failures; null while they are being loaded.
export function runSection(page, entry, details) {
  const { text } = page;
  const state = entry.report?.isRefused ? "refused" : entry.run.state;
  return element("section", { class: "run", "aria-labelledby": "run" },
    element("h2", { id: "run" }, text("run.heading"), " ", badge(state, text.or(`run_state.${state}`, state))),
    entry.report?.isDryRun && element("p", { class: "hint" }, text("run.dry")),
    facts(page, entry.run),
    details?.failures.length > 0 && failureList(page, entry.run, details.failures),
    entry.report?.doubts.length > 0 && element("div", { class: "failure" }, element("h3", {}, text("doubts")), element("ul", {}, entry.report.doubts.map((doubt) => doubtItem(page, doubt)))),
    !entry.report && !isInProgress(entry.run) && element("p", { class: "hint" }, text("run.no_report")),
    details?.tasks.length > 0 && stageTable(page, entry.run, details.tasks),
    details?.tasks.length === 0 && element("p", { class: "muted" }, text("run.no_tasks")),
  );
}

function doubtItem({ text }, doubt) {
  const found = DOUBTS.find(([part]) => doubt.includes(part));
  return element("li", { lang: found ? null : "en" }, found ? text(found[1], { task: doubt.split(" ")[0] }) : doubt);
}

function facts(page, run) {
  const { text, formats } = page;
  const fact = (label, value) => value && element("div", {}, element("dt", {}, label), element("dd", {}, value));
  const selected = Array.isArray(run.conf?.systems) ? run.conf.systems.map(String).join(", ") : null;
  return element("dl", { class: "facts" },
    fact(text("run.id"), link(page.api.runPage(page.dagId, run.dag_run_id), run.dag_run_id)),
    fact(text("run.type"), text.or(`run.type.${run.run_type}`, run.run_type) + startedBy(run)),
    fact(text("run.started"), run.start_date && formats.moment(run.start_date)),
    fact(text("run.ended"), run.end_date && formats.moment(run.end_date)),
    fact(text("duration"), run.start_date && run.end_date && formats.seconds((new Date(run.end_date) - new Date(run.start_date)) / 1000)),
    fact(text("run.systems"), selected),
    fact(text("run.note"), run.note),
  );
}

// Without accounts, Airflow calls everybody Anonymous.
function startedBy({ triggering_user_name: name }) {
  return name && name !== "Anonymous" ? ` (${name})` : "";
}

function failureList(page, run, failures) {
  const { text } = page;
  const item = (failure) => element("li", { class: "failure" },
    element("h4", {}, link(page.api.taskPage(page.dagId, run.dag_run_id, failure.taskId), failure.taskId)),
    failure.script && element("p", { class: "muted" }, `${text("failure.script")}: `, element("code", {}, failure.script)),
    element("p", { class: "eyebrow" }, text("failure.why")),
    failure.error ? originalMessage(failure.error) : element("p", {}, text("failure.unknown")),
    element("p", { class: "eyebrow" }, text("failure.todo")),
    element("p", {}, text(remedyOf(failure.taskId))),
    element("p", { class: "links" }, link(page.api.taskPage(page.dagId, run.dag_run_id, failure.taskId), text("link.log"))),
  );
  return element("div", {}, element("h3", {}, text("failures")), element("ul", { class: "failures" }, failures.map(item)));
}

function stageTable(page, run, tasks) {
  const { text } = page;
  const all = stagesOf(tasks);
  const systems = all.filter(({ stages }) => stages.some((each) => each.state !== "skipped"));
  const skipped = all.filter((each) => !systems.includes(each)).map(({ system }) => system);
  const used = STAGES.filter((stage) => systems.some((system) => system.stages.some((each) => each.stage === stage)));
  const head = element("tr", {}, element("th", { scope: "col" }, text("system")), used.map((stage) => element("th", { scope: "col" }, text(`stage.${stage}`))));
  const row = ({ system, stages }) => element("tr", {},
    element("th", { scope: "row" }, system),
    used.map((stage) => element("td", {}, stageCell(page, stages.find((each) => each.stage === stage)))),
  );
  return element("div", {},
    element("h3", { id: "stages" }, text("stages")),
    around(page, run, tasks),
    element("div", { class: "scrolling", tabindex: "0", role: "region", "aria-labelledby": "stages" },
      element("table", { class: "stages" }, element("thead", {}, head), element("tbody", {}, systems.map(row)))),
    skipped.length > 0 && element("p", { class: "hint" }, text("run.not_selected", { systems: skipped.join(", ") })),
  );
}

function around(page, run, tasks) {
  const item = (task) => element("li", {}, link(page.api.taskPage(page.dagId, run.dag_run_id, task.task_id), page.text(`stage.${task.task_id}`)), " ", taskBadge(page, task.state));
  return element("ul", { class: "around" }, tasksAround(tasks).map(item));
}

function taskBadge(page, state) {
  const shown = state === null ? "waiting" : ["success", "failed", "upstream_failed", "skipped"].includes(state) ? state : "running";
  return badge(shown, stageState(page, shown));
}

function stageCell(page, summary) {
  if (!summary) {
    return null;
  }
  const { text, formats } = page;
  const progress = ["skipped", "waiting", "upstream_failed"].includes(summary.state) ? null : [
    text("stage.progress", { done: summary.done, count: summary.count }), " · ", formats.seconds(summary.seconds),
  ];
  return [badge(summary.state, stageState(page, summary.state)), progress && element("small", { class: "muted" }, progress)];
}

// A stage that is through is done; only a system or a day is delivered.
function stageState(page, state) {
  return page.text(state === "success" ? "done.success" : `state.${state}`);
}
