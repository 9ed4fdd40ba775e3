// Sorts the tasks of a run into systems and stages, and says what to do about one that failed.

import { worst } from "./reports.js";
import { RUN_TASKS, STAGES } from "./words.js";

const DONE = ["success", "skipped", "failed", "upstream_failed", "removed"];

// The stage of a task id such as "tripica.init.010_prepare"; "preflight" and the like stand for themselves.
export function stageOf(taskId) {
  const [first, second] = taskId.split(".");
  return second === undefined ? first : second;
}

// Per system and stage: how many tasks there are and are done, the state of all, and the seconds they took.
export function stagesOf(tasks) {
  const systems = new Map();
  for (const task of tasks) {
    const [system, stage] = task.task_id.split(".");
    if (stage !== undefined) {
      const stages = systems.get(system) ?? new Map();
      systems.set(system, stages.set(stage, [...(stages.get(stage) ?? []), task]));
    }
  }
  return [...systems].sort(([one], [other]) => (one < other ? -1 : 1)).map(([system, stages]) => ({
    system,
    stages: STAGES.filter((stage) => stages.has(stage)).map((stage) => summaryOf(stage, stages.get(stage))),
  }));
}

function summaryOf(stage, tasks) {
  return {
    stage,
    count: tasks.length,
    done: tasks.filter((task) => DONE.includes(task.state)).length,
    state: stateOf(tasks.map((task) => task.state)),
    seconds: tasks.reduce((sum, task) => sum + (task.duration ?? 0), 0),
  };
}

function stateOf(states) {
  if (states.every((state) => state === "skipped")) {
    return "skipped";
  }
  const known = states.filter((state) => state !== "skipped").map((state) => {
    if (["success", "failed", "upstream_failed"].includes(state)) {
      return state;
    }
    return state === null || state === "removed" ? "waiting" : "running";
  });
  if (known.every((state) => state === "waiting")) {
    return "waiting";
  }
  return worst(known.map((state) => (state === "waiting" ? "running" : state)));
}

// The tasks around the systems, in their order.
export function tasksAround(tasks) {
  return RUN_TASKS.flatMap((id) => tasks.filter((task) => task.task_id === id && task.state !== "skipped"));
}

// Which text says what to do about a failed task.
export function remedyOf(taskId) {
  const stage = stageOf(taskId);
  return [...STAGES, ...RUN_TASKS].includes(stage) ? `remedy.${stage}` : "remedy.other";
}
