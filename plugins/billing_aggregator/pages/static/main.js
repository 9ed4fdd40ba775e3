// The page: what is chosen, and when it is read.

import { AirflowApi } from "./api.js";
import { pageContent } from "./content.js";
import { dateOrNull, dayAfter, today, yearBefore, yearOf } from "./dates.js";
import { show } from "./dom.js";
import { formatsOf } from "./formats.js";
import { pageHeader } from "./header.js";
import { businessDateOf, foldDays, isInProgress } from "./reports.js";
import { RunReader } from "./runs.js";
import { chosenLanguage, followTheme, keepLanguage } from "./surroundings.js";
import { textsOf } from "./texts.js";
import { YearReader } from "./years.js";

const SPAN_DAYS = 90;
// The newest days are shown before the reports of the others are there.
const FIRST_LOOK = 12;
const POLL_SECONDS = 20;

class Page {
  constructor(asked) {
    this.api = new AirflowApi(location.href);
    this.reader = new RunReader(this.api);
    this.years = new YearReader(this.reader);
    this.span = SPAN_DAYS;
    this.dags = [];
    this.days = [];
    // Runs that the preflight has refused; they are of no day.
    this.refused = [];
    // Days of recent runs, which are not loaded if an older day is shown.
    this.recentDates = [];
    // The oldest business date, and the day of the oldest run; null if there is no run.
    this.first = null;
    this.since = null;
    // The days of which all reports have been read; null before the first load.
    this.loaded = null;
    // The year of the calendar; null if it is that of the day.
    this.year = null;
    // The first and the last day of those that are loaded; null if the last is the newest.
    this.from = null;
    this.until = null;
    this.dagId = asked.get("dag_id");
    this.runId = asked.get("run_id");
    this.date = dateOrNull(asked.get("date"));
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

  get shownYear() {
    return this.year ?? yearOf(this.date ?? today());
  }

  // All days that are known to have data, newest first.
  get dates() {
    const dates = [...this.days.map((day) => day.date), ...this.recentDates, ...this.years.datesOf(this.dagId)];
    return [...new Set(dates)].sort().reverse();
  }

  // The state of a day; null if it has none. The days that are loaded are newer than their year.
  stateOf(date) {
    const day = this.days.find((each) => each.date === date);
    return day?.state ?? this.statesOf(yearOf(date))?.get(date) ?? null;
  }

  statesOf(year) {
    return this.years.statesOf(this.dagId, year);
  }

  // A run of that year may have ended since the year was read.
  isYearInProgress(year) {
    return [...(this.statesOf(year)?.values() ?? [])].some((state) => ["running", "paused"].includes(state));
  }

  isLoaded(date) {
    return this.loaded !== null && this.loaded.from <= date && (!this.loaded.until || date <= this.loaded.until);
  }

  get isOtherDag() {
    return this.dagId !== null && !this.dags.some((dag) => dag.dag_id === this.dagId);
  }

  // Reads everything again, except the reports of runs that have not changed.
  refresh() {
    this.years.forget();
    return this.load();
  }

  // Reads the recent runs again, and what is not known yet.
  async load() {
    clearTimeout(this.timer);
    const load = (this.current = Symbol("load"));
    const isCurrent = () => load === this.current;
    this.tell(this.text("loading", { days: SPAN_DAYS }));
    this.render();
    this.reader.forgetProblems();
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
    const since = dayAfter(today(), -SPAN_DAYS);
    const recent = await this.reader.list(this.dagId, `${since}T00:00:00Z`, this.runId);
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
      this.know(recent);
      await this.readDetails();
      this.loaded = { from: this.from, until: this.until };
      Object.assign(this, await this.reader.firstDates(this.dagId));
      this.render();
      await this.readYear(this.shownYear);
    }
  }

  async readYear(year) {
    const { dagId } = this;
    if (!this.first || (this.statesOf(year) && !this.isYearInProgress(year))) {
      return;
    }
    this.tell(this.text("loading.year", { year }));
    try {
      await this.years.read(dagId, year, (runs) => this.shown(runs));
    } finally {
      this.tell("");
    }
  }

  // The runs whose reports are read: the recent ones, or those up to the older day that is asked for.
  async inWindow(recent, since) {
    const run = recent.find((each) => each.dag_run_id === this.runId);
    const asked = run ? businessDateOf(run, null) : this.date;
    this.until = asked && asked < since ? asked : null;
    this.from = this.until ? dayAfter(asked, -SPAN_DAYS) : since;
    return this.until ? this.reader.ofDays(this.dagId, this.from, asked) : recent;
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
    this.recentDates = runs.filter(counts).map((run) => businessDateOf(run, null));
  }

  fold(runs) {
    const entries = this.reader.entries(runs);
    // A recent run may have been for an older day, whose other runs are not loaded.
    this.days = foldDays(entries).filter((day) => day.date >= this.from);
    this.refused = entries.filter(({ report }) => report?.isRefused);
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
    await this.attempt(async () => {
      await this.readDetails();
      await this.readYear(this.shownYear);
    });
  }

  selectDay(date) {
    if (this.days.some((day) => day.date === date)) {
      return this.choose({ date, runId: null, year: null });
    }
    Object.assign(this, { date, runId: null, year: null });
    this.remember();
    return this.load();
  }

  selectYear(year) {
    this.year = year;
    this.render();
    return this.attempt(() => this.readYear(year));
  }

  // Goes to the nearest day before (-1) or after (1) the shown one that has data, over years without any.
  step(direction) {
    if (!this.first) {
      return this.load();
    }
    const [oldest, newest] = [yearOf(this.first), yearOf(this.dates[0])];
    const isBeyond = (date) => (direction < 0 ? date < this.date : date > this.date);
    return this.attempt(async () => {
      for (let year = Math.min(Math.max(yearOf(this.date), oldest), newest); oldest <= year && year <= newest; year += direction) {
        await this.readYear(year);
        const found = this.dates.filter((date) => yearOf(date) === year && isBeyond(date));
        if (found.length) {
          return this.selectDay(found.at(direction < 0 ? 0 : -1));
        }
      }
    });
  }

  selectYearBefore() {
    return this.selectDay(yearBefore(this.date));
  }

  // Does what asks Airflow, and shows what came of it.
  async attempt(work) {
    try {
      await work();
      this.problem = null;
    } catch (error) {
      this.problem = error;
    }
    this.render();
  }

  selectRun(runId) {
    this.choose({ runId });
  }

  selectDag(dagId) {
    Object.assign(this, { dagId, date: null, runId: null, days: [], refused: [], recentDates: [], first: null, since: null, loaded: null, year: null, loadedAt: null });
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
    if (this.isYearInProgress(this.shownYear) || this.days.some((day) => day.entries.some(({ run }) => isInProgress(run)))) {
      this.timer = setTimeout(() => (document.hidden ? this.pollLater() : this.load()), POLL_SECONDS * 1000);
    }
  }

  // Builds everything anew; whoever works with the keyboard stays where they were.
  render() {
    const focused = document.activeElement?.dataset.name;
    show(document.getElementById("header"), pageHeader(this));
    show(document.getElementById("main"), pageContent(this));
    if (focused) {
      [...document.querySelectorAll("[data-name]")].find((each) => each.dataset.name === focused)?.focus();
    }
  }
}

const page = new Page(new URLSearchParams(location.search));
followTheme(() => page.render());
await page.load();
