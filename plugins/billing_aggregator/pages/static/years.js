// Reads the state of each day of a year with few requests: reports are read only where they can change it.

import { businessDateOf, foldDays } from "./reports.js";

export class YearReader {
  constructor(reader) {
    this.reader = reader;
    this.years = new Map();
  }

  forget() {
    this.years.clear();
    this.reader.forgetDated();
  }

  // The states of a year by day; null while the year has not been read. A day without a run has no state.
  statesOf(dagId, year) {
    return this.years.get(keyOf(dagId, year)) ?? null;
  }

  // All days of the DAG in the years that have been read.
  datesOf(dagId) {
    const years = [...this.years].filter(([key]) => JSON.parse(key)[0] === dagId);
    return years.flatMap(([, states]) => [...states.keys()]);
  }

  // `shown` turns runs into those that the page shows.
  async read(dagId, year, shown) {
    this.years.set(keyOf(dagId, year), await this.#read(dagId, `${year}-01-01`, `${year}-12-31`, shown));
  }

  async #read(dagId, first, last, shown) {
    const { reader } = this;
    const [found, deliveries] = await Promise.all([reader.ofDays(dagId, first, last), reader.deliveries(dagId, first, last)]);
    const runs = shown(found);
    const dateOf = (run) => businessDateOf(run, null);
    const isDelivery = (run) => run.state === "success" && deliveries.has(run.dag_run_id);
    // A day on which every run delivered everything is delivered. The others are judged by their reports.
    const unclear = new Set(runs.filter((run) => !isDelivery(run)).map(dateOf));
    const delivered = runs.map(dateOf).filter((date) => !unclear.has(date));
    const judged = runs.filter((run) => unclear.has(dateOf(run)));
    await reader.readReports(judged);
    const states = foldDays(reader.entries(judged)).map(({ date, state }) => [date, state]);
    return new Map([...delivered.map((date) => [date, "success"]), ...states]);
  }
}

function keyOf(dagId, year) {
  return JSON.stringify([dagId, year]);
}
