// Runs that the preflight has refused: what somebody asked for could not be done, so nothing was touched.

import { element } from "./dom.js";
import { badge, originalMessage } from "./parts.js";
import { runSection } from "./run.js";

const SHOWN = 10;

// One of them, as it was asked for by the address of the page.
export function refusedRun(page, entry) {
  const { text, dates } = page;
  const newest = element("button", { type: "button", "data-name": "newest", click: () => page.selectDay(dates[0]) }, text("day.newest"));
  return [
    element("section", { class: "notice" }, element("h2", {}, text("run_state.refused")), element("p", {}, text("refused.hint")), dates.length > 0 && element("p", {}, newest)),
    runSection(page, entry, page.reader.detailsOf(entry.run)),
  ];
}

// The newest of them with their reasons.
export function refusedRuns(page) {
  const { text, formats, refused } = page;
  if (!refused.length) {
    return null;
  }
  const item = ({ run, report }) => element("li", {},
    element("button", { type: "button", class: "plain", "data-name": run.dag_run_id, click: () => page.selectRun(run.dag_run_id) }, run.dag_run_id), " ",
    badge("skipped", text("run_state.refused")), ` ${formats.moment(run.start_date ?? run.run_after)}`,
    element("p", { class: "eyebrow" }, text("refused.why")),
    originalMessage(report.failures.map(({ error }) => error).join("\n")),
  );
  return element("section", { class: "refused", "aria-labelledby": "refused" },
    element("h2", { id: "refused" }, text("refused")), element("p", { class: "hint" }, text("refused.hint")),
    element("ul", {}, refused.slice(0, SHOWN).map(item)));
}
