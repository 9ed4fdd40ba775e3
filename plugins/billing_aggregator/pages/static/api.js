// Asks Airflow's REST API with the session of the user, who thereby sees what Airflow would show anyway.

const PAGE = 100;
const SECONDS = 30;

// An answer that is none; `status` is 0 where nobody answered.
export class ApiError extends Error {
  constructor(status, path) {
    super(`${status} ${path}`);
    this.status = status;
  }
}

export class AirflowApi {
  // `page` is the address of this page: the API lies beside it, whatever path Airflow is served under.
  constructor(page) {
    this.root = new URL("../", page);
  }

  // The DAGs of the batch: one, or one for each client.
  async dags() {
    const found = await this.#all("dags", { tags: "billing", order_by: "dag_id" }, "dags");
    return found.filter((dag) => /^billing_data_aggregator(_.+)?$/.test(dag.dag_id));
  }

  // The runs that Airflow's filters let through, newest first.
  runs(dagId, filters) {
    return this.#all(["dags", dagId, "dagRuns"], { ...filters, order_by: "-run_after" }, "dag_runs");
  }

  // The oldest run; undefined if there is none.
  async firstRun(dagId) {
    const answer = await this.#read(["dags", dagId, "dagRuns"], { order_by: "run_after", limit: 1, offset: 0 });
    return answer.dag_runs[0];
  }

  // The ids of the runs that delivered everything they selected. Airflow lists the names of results, a hundred at once,
  // but not their values: so the report of such a run leaves a second result with this name.
  async deliveries(dagId, filters) {
    const path = ["dags", dagId, "dagRuns", "~", "taskInstances", "report", "xcomEntries"];
    const entries = await this.#all(path, { ...filters, xcom_key: "delivered" }, "xcom_entries");
    return entries.map((entry) => entry.run_id);
  }

  run(dagId, runId) {
    return this.#read(["dags", dagId, "dagRuns", runId]);
  }

  tasks(dagId, runId) {
    return this.#all(["dags", dagId, "dagRuns", runId, "taskInstances"], {}, "task_instances");
  }

  // What a task has left; null if there is nothing.
  async result(dagId, runId, taskId, key = "return_value") {
    try {
      const path = ["dags", dagId, "dagRuns", runId, "taskInstances", taskId, "xcomEntries", key];
      const { value } = await this.#read(path);
      return typeof value === "string" ? parsed(value) : value;
    } catch (error) {
      if (error.status === 404) {
        return null;
      }
      throw error;
    }
  }

  // Addresses in Airflow's UI.
  home() {
    return this.root.href;
  }

  runPage(dagId, runId) {
    return this.#address(["dags", dagId, "runs", runId]);
  }

  taskPage(dagId, runId, taskId) {
    return this.#address(["dags", dagId, "runs", runId, "tasks", taskId]);
  }

  #address(path) {
    return new URL(path.map(encodeURIComponent).join("/"), this.root).href;
  }

  async #all(path, parameters, name) {
    const found = [];
    for (;;) {
      const answer = await this.#read(path, { ...parameters, limit: PAGE, offset: found.length });
      found.push(...answer[name]);
      if (!answer[name].length || found.length >= answer.total_entries) {
        return found;
      }
    }
  }

  async #read(path, parameters = {}) {
    const address = new URL(`api/v2/${[path].flat().map(encodeURIComponent).join("/")}`, this.root);
    address.search = new URLSearchParams(parameters);
    let answer;
    try {
      const signal = AbortSignal.timeout(SECONDS * 1000);
      answer = await fetch(address, { signal, credentials: "same-origin", headers: { Accept: "application/json" } });
    } catch {
      throw new ApiError(0, address.pathname);
    }
    if (!answer.ok) {
      throw new ApiError(answer.status, address.pathname);
    }
    return answer.json();
  }
}

// Does `work` for all items, this many at once, and tells after each how many are done.
export async function inParallel(items, limit, work, tell = () => {}) {
  const waiting = [...items];
  let done = 0;
  const worker = async () => {
    while (waiting.length) {
      await work(waiting.shift());
      done += 1;
      tell(done);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
