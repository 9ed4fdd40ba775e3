// The page: what is chosen, when it is read, and which views show it.

import { AirflowApi } from "./api.js";
import { chartsSection } from "./charts.js";
import { dayBanner, emptyBanner, runsOfDay, systemCards } from "./day.js";
import { element, show } from "./dom.js";
import { formatsOf } from "./formats.js";
import { pageHeader } from "./header.js";
import { historyTable } from "./history.js";
import { link } from "./links.js";
import { notice } from "./parts.js";
import { businessDateOf, foldDays, isInProgress } from "./reports.js";
import { refusedRun, refusedRuns } from "./refused.js";
import { runSection } from "./run.js";
import { RunReader } from "./runs.js";
import { chosenLanguage, followTheme, keepLanguage } from "./surroundings.js";
import { textsOf } from "./texts.js";

const SPAN_DAYS = 90;
// The newest days are shown before the reports of the others are there.
const FIRST_LOOK = 12;
const POLL_SECONDS = 20;
const PROBLEMS = { 0: "error.no_answer", 401: "error.signed_out", 403: "error.forbidden", 404: "error.not_found" };

class Page {
  constructor(asked) {
    this.api = new AirflowApi(location.href);
    this.reader = new RunReader(this.api);
    this.span = SPAN_DAYS;
    this.dags = [];
    this.days = [];
    // Runs that the preflight has refused; they are of no day.
    this.refused = [];
    // All days that have data, also those that are not loaded, newest first.
    this.dates = [];
    // The last day of those that are loaded; null if that is the newest.
    this.until = null;
    this.dagId = asked.get("dag_id");
    this.runId = asked.get("run_id");
    this.date = asked.get("date");
    this.showsAll = false;
    this.amount = null;
    this.problem = null;
    this.loadedAt = null;
    this.speak(chosenLanguage());
  }

  get day() {
    return this.date ? this.days.find((day) => day.date === this.date) : this.days[0];
  }

  // The chosen run of the day with its report.
  get entry() {
    const { day } = this;
    const refused = this.refused.find(({ run }) => run.dag_run_id === this.runId);
    return refused ?? day?.entries.find(({ run }) => run.dag_run_id === this.runId) ?? day?.newest ?? day?.entries[0];
  }

  get isOtherDag() {
    return this.dagId !== null && !this.dags.some((dag) => dag.dag_id === this.dagId);
  }

  // Reads everything again, except what is known of runs that have not changed.
  async load() {
    clearTimeout(this.timer);
    const load = (this.current = Symbol("load"));
    const isCurrent = () => load === this.current;
    this.tell(this.text("loading", { days: SPAN_DAYS }));
    this.render();
    let problem = null;
    try {
      await this.read(isCurrent);
    } catch (error) {
      problem = error;
    }
    if (isCurrent()) {
      Object.assign(this, { problem, loadedAt: problem ? this.loadedAt : new Date() });
      this.tell("");
      this.render();
      this.pollLater();
    }
  }

  async read(isCurrent) {
    this.dags = await this.api.dags();
    if (!this.dags.length || this.isOtherDag) {
      return;
    }
    this.dagId ??= this.dags[0].dag_id;
    const since = `${dayBefore(new Date(), SPAN_DAYS)}T00:00:00Z`;
    const recent = await this.reader.list(this.dagId, since, this.runId);
    const runs = this.shown(await this.inWindow(recent, since));
    await this.reader.readReports(runs, (done, count) => {
      if (isCurrent()) {
        this.tell(this.text("loading.reports", { done, count }));
      }
      if (isCurrent() && done === FIRST_LOOK) {
        this.fold(this.reader.readOf(runs));
        this.render();
      }
    });
    if (isCurrent()) {
      this.fold(runs);
      await this.readDetails();
      this.render();
      this.know([...recent, ...await this.reader.listOlder(this.dagId, since)]);
    }
  }

  // The runs whose reports are read: the recent ones, or those up to the older day that is asked for.
  async inWindow(recent, since) {
    const run = recent.find((each) => each.dag_run_id === this.runId);
    const asked = run ? businessDateOf(run, null) : this.date;
    this.until = asked && asked < since.slice(0, 10) ? asked : null;
    if (!this.until) {
      return recent;
    }
    const first = dayBefore(`${asked}T00:00Z`, SPAN_DAYS);
    const older = await this.reader.listOlder(this.dagId, since);
    const all = [...recent, ...older.filter((each) => each.dag_run_id !== run?.dag_run_id)];
    return all.filter((each) => businessDateOf(each, null) >= first && businessDateOf(each, null) <= asked);
  }

  // A run that waits because its DAG is paused is shown as that.
  shown(runs) {
    const isPaused = this.dags.find((dag) => dag.dag_id === this.dagId)?.is_paused;
    return runs.map((run) => (isPaused && run.state === "queued" ? { ...run, state: "paused" } : run));
  }

  // Which days have data. Of a run that is not loaded nobody knows whether it was refused, unless it was scheduled.
  know(runs) {
    const refused = new Set(this.refused.map(({ run }) => run.dag_run_id));
    const counts = (run) => !refused.has(run.dag_run_id) && (run.state === "success" || run.run_type === "scheduled");
    const dates = [...this.days.map((day) => day.date), ...runs.filter(counts).map((run) => businessDateOf(run, null))];
    this.dates = [...new Set(dates)].sort().reverse();
  }

  fold(runs) {
    const entries = this.reader.entries(runs);
    this.days = foldDays(entries);
    this.refused = entries.filter(({ report }) => report?.isRefused);
    this.know([]);
    const ofRun = this.days.find((day) => day.entries.some(({ run }) => run.dag_run_id === this.runId));
    this.date = ofRun?.date ?? this.date ?? this.day?.date ?? null;
    this.runId = this.entry?.run.dag_run_id ?? null;
  }

  async readDetails() {
    if (this.entry) {
      await this.reader.readDetails(this.entry);
    }
  }

  async choose(choice) {
    Object.assign(this, choice);
    this.runId = this.entry?.run.dag_run_id ?? null;
    this.remember();
    this.render();
    try {
      await this.readDetails();
    } catch (error) {
      this.problem = error;
    }
    this.render();
  }

  selectDay(date) {
    if (this.days.some((day) => day.date === date)) {
      return this.choose({ date, runId: null });
    }
    Object.assign(this, { date, runId: null });
    this.remember();
    return this.load();
  }

  selectRun(runId) {
    this.choose({ runId });
  }

  selectDag(dagId) {
    Object.assign(this, { dagId, date: null, runId: null, days: [], refused: [], dates: [], loadedAt: null });
    this.remember();
    this.load();
  }

  selectAmount(amount) {
    this.amount = amount;
    this.render();
  }

  selectLanguage(language) {
    keepLanguage(language);
    this.speak(language);
    this.render();
  }

  showAll() {
    this.showsAll = true;
    this.render();
  }

  speak(language) {
    this.language = language;
    this.text = textsOf(language);
    this.formats = formatsOf(language);
    document.documentElement.lang = language;
    document.title = this.text("title");
  }

  // The address shows what is chosen, so that it survives a reload and can be sent on.
  remember() {
    const chosen = Object.entries({ dag_id: this.dagId, date: this.date, run_id: this.runId }).filter(([, value]) => value);
    history.replaceState(null, "", `?${new URLSearchParams(chosen)}`);
  }

  tell(sentence) {
    document.getElementById("progress").textContent = sentence;
  }

  pollLater() {
    if (this.days.some((day) => day.entries.some(({ run }) => isInProgress(run)))) {
      this.timer = setTimeout(() => (document.hidden ? this.pollLater() : this.load()), POLL_SECONDS * 1000);
    }
  }

  // Builds everything anew; whoever works with the keyboard stays where they were.
  render() {
    const focused = document.activeElement?.dataset.name;
    show(document.getElementById("header"), pageHeader(this));
    show(document.getElementById("main"), this.content());
    if (focused) {
      [...document.querySelectorAll("[data-name]")].find((each) => each.dataset.name === focused)?.focus();
    }
  }

  content() {
    const { text } = this;
    if (this.problem && !this.days.length) {
      return this.problemNotice();
    }
    if (this.entry?.report?.isRefused) {
      return refusedRun(this, this.entry);
    }
    if (this.days.length) {
      return [this.problem && this.refreshFailure(), this.day ? this.dayContent() : this.emptyContent()];
    }
    if (!this.loadedAt) {
      return notice(text("title"), text("loading", { days: SPAN_DAYS }));
    }
    if (this.date && !this.isOtherDag) {
      return emptyBanner(this);
    }
    if (!this.dags.length) {
      return notice(text("empty.no_runs.title"), text("empty.no_dags"));
    }
    return this.isOtherDag
      ? notice(text("title"), text("empty.other_dag", { dag: this.dagId }))
      : notice(text("empty.no_runs.title"), text("empty.no_runs", { days: SPAN_DAYS }));
  }

  dayContent() {
    const { text, day, entry, reader } = this;
    const run = runSection(this, entry, reader.detailsOf(entry.run));
    const isTroubled = entry.run.state !== "success";
    return [
      reader.isForbidden && element("p", { class: "warning" }, text("error.forbidden_reports")),
      reader.unreadable > 0 && element("p", { class: "warning" }, text("error.some_reports", { count: reader.unreadable })),
      dayBanner(this, day),
      runsOfDay(this, day),
      isTroubled && run,
      systemCards(this, day),
      chartsSection(this),
      historyTable(this),
      !isTroubled && run,
      refusedRuns(this),
    ];
  }

  emptyContent() {
    return [emptyBanner(this), chartsSection(this), historyTable(this), refusedRuns(this)];
  }

  // What is shown stays.
  refreshFailure() {
    return element("div", { class: "warning" }, element("p", {}, this.text("error.refresh"), " ", this.problemSentence()), this.wayOut());
  }

  problemNotice() {
    return notice(this.text("error.title"), this.problemSentence(), this.wayOut());
  }

  problemSentence() {
    const { status } = this.problem;
    if (status === undefined) {
      throw this.problem;
    }
    return this.text(PROBLEMS[status] ?? "error.server", { status });
  }

  wayOut() {
    const { text } = this;
    const retry = element("button", { type: "button", "data-name": "retry", click: () => this.load() }, text("retry"));
    return element("p", {}, this.problem.status === 401 ? link(this.api.home(), text("error.sign_in")) : retry);
  }
}

// The calendar day so many days before a moment.
function dayBefore(moment, days) {
  return new Date(new Date(moment).getTime() - days * 86400_000).toISOString().slice(0, 10);
}

const page = new Page(new URLSearchParams(location.search));
followTheme(() => page.render());
await page.load();
