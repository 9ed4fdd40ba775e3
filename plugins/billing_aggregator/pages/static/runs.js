// Reads runs, their reports and their tasks, and asks for nothing twice.

import { inParallel } from "./api.js";
import { isInProgress, readReport } from "./reports.js";

const REQUESTS_AT_ONCE = 6;

export class RunReader {
  constructor(api) {
    this.api = api;
    // What has been read of each run, while it stays as it is. Kept in memory only, so that it ends with the page.
    this.reports = new Map();
    this.details = new Map();
    this.older = new Map();
    this.forget();
  }

  forget() {
    Object.assign(this, { isForbidden: false, unreadable: 0 });
  }

  // The runs that began after a moment, newest first, and this one in any case.
  async list(dagId, since, runId) {
    const runs = await this.api.runs(dagId, since);
    if (runId && !runs.some((run) => run.dag_run_id === runId)) {
      runs.push(await this.api.run(dagId, runId));
    }
    return runs;
  }

  // The runs before that moment, which are asked for once.
  async listOlder(dagId, since) {
    if (!this.older.has(dagId)) {
      this.older.set(dagId, await this.api.olderRuns(dagId, since));
    }
    return this.older.get(dagId);
  }

  // One request for each run that has ended; `tell` is told how many are done.
  async readReports(runs, tell) {
    this.forget();
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
      this.unreadable += Number(error.status !== 403);
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
