// Reads runs, their reports and their tasks, and asks for nothing twice.

import { inParallel } from "./api.js";
import { dayAfter } from "./dates.js";
import { businessDateOf, isInProgress, readReport } from "./reports.js";

const REQUESTS_AT_ONCE = 6;

export class RunReader {
  constructor(api) {
    this.api = api;
    // What has been read of each run, while it stays as it is. Kept in memory only, so that it ends with the page.
    this.reports = new Map();
    this.details = new Map();
    this.dated = new Map();
    this.forgetProblems();
  }

  forgetProblems() {
    Object.assign(this, { isForbidden: false, unreadable: new Set() });
  }

  // Runs that were given a business date are asked for again.
  forgetDated() {
    this.dated.clear();
  }

  // The runs that began after a moment, newest first, and this one in any case.
  async list(dagId, since, runId) {
    const runs = await this.api.runs(dagId, { run_after_gte: since });
    if (runId && !runs.some((run) => run.dag_run_id === runId)) {
      runs.push(await this.api.run(dagId, runId));
    }
    return runs;
  }

  // The runs of these business dates, newest first: those of that time, and those that were given such a date later.
  async ofDays(dagId, first, last) {
    const isWanted = (run) => first <= businessDateOf(run, null) && businessDateOf(run, null) <= last;
    const found = await Promise.all([this.api.runs(dagId, timeOf(first, last)), this.#datedRuns(dagId)]);
    const runs = new Map(found.flat().filter(isWanted).map((run) => [run.dag_run_id, run]));
    return [...runs.values()].sort((one, other) => Date.parse(other.run_after) - Date.parse(one.run_after));
  }

  // The oldest business date, and the day of the oldest run, before which no day lacks one; null if there is no run.
  async firstDates(dagId) {
    const [first, dated] = await Promise.all([this.api.firstRun(dagId), this.#datedRuns(dagId)]);
    const runs = [first, ...dated.filter((run) => run.state === "success")].filter(Boolean);
    return { first: runs.map((run) => businessDateOf(run, null)).sort()[0] ?? null, since: first?.run_after.slice(0, 10) ?? null };
  }

  // The ids of the runs of that time that delivered everything they selected.
  async deliveries(dagId, first, last) {
    try {
      return new Set(await this.api.deliveries(dagId, timeOf(first, last)));
    } catch (error) {
      if (error.status !== 403) {
        throw error;
      }
      this.isForbidden = true;
      return new Set();
    }
  }

  // One request for each run that has ended; `tell` is told how many are done.
  async readReports(runs, tell = () => {}) {
    const unread = runs.filter((run) => !isInProgress(run) && !this.reports.has(versionOf(run)));
    await inParallel(unread, REQUESTS_AT_ONCE, (run) => this.#readReport(run), (done) => tell(done, unread.length));
  }

  // The runs of which all is known that they have left so far.
  readOf(runs) {
    return runs.filter((run) => isInProgress(run) || this.reports.has(versionOf(run)));
  }

  // The runs with their reports, as far as they have been read.
  entries(runs) {
    return runs.map((run) => ({ run, report: this.reports.get(versionOf(run)) ?? null }));
  }

  detailsOf(run) {
    return this.details.get(versionOf(run)) ?? null;
  }

  // The tasks of a run, and what failed: from its report, else from what the failed tasks have left.
  async readDetails({ run, report }) {
    if (this.details.has(versionOf(run)) && !isInProgress(run)) {
      return;
    }
    const tasks = await this.api.tasks(run.dag_id, run.dag_run_id);
    const failures = [...(report?.failures ?? [])];
    const untold = tasks.filter(({ task_id: id, state }) =>
      state === "failed" && !failures.some(({ taskId }) => taskId === id) && !(report && id === "report"));
    await inParallel(untold, REQUESTS_AT_ONCE, async (task) => failures.push(await this.#failureOf(run, task.task_id)));
    this.details.set(versionOf(run), { tasks, failures });
  }

  async #datedRuns(dagId) {
    if (!this.dated.has(dagId)) {
      this.dated.set(dagId, await this.api.runs(dagId, { conf_contains: "business_date" }));
    }
    return this.dated.get(dagId);
  }

  async #readReport(run) {
    if (this.isForbidden) {
      return;
    }
    try {
      this.reports.set(versionOf(run), readReport(await this.api.result(run.dag_id, run.dag_run_id, "report")));
    } catch (error) {
      if (error.status === 401) {
        throw error;
      }
      this.isForbidden ||= error.status === 403;
      if (error.status !== 403) {
        this.unreadable.add(versionOf(run));
      }
    }
  }

  async #failureOf(run, taskId) {
    const found = await this.api.result(run.dag_id, run.dag_run_id, taskId, "failure").catch(() => null);
    return { taskId, error: String(found?.error ?? ""), script: found?.script ? String(found.script) : null };
  }
}

// A run that is cleared or goes on is another version of itself.
function versionOf(run) {
  return JSON.stringify([run.dag_id, run.dag_run_id, run.state, run.end_date]);
}

function timeOf(first, last) {
  return { run_after_gte: `${first}T00:00:00Z`, run_after_lt: `${dayAfter(last)}T00:00:00Z` };
}
