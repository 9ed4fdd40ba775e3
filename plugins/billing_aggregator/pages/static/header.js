// The head of the page: which batch, how new the figures are, and the choice of batch and language.

import { element } from "./dom.js";
import { LANGUAGES } from "./surroundings.js";
import { textsOf } from "./texts.js";

export function pageHeader(page) {
  const { text, formats } = page;
  const moment = page.loadedAt && text("as_of", { time: formats.time(page.loadedAt), zone: formats.zone() });
  return [
    element("div", {}, element("h1", {}, text("title")), element("p", { class: "muted" }, deploymentOf(page))),
    element("div", { class: "tools" },
      moment && element("span", { class: "muted" }, moment),
      page.dags.length > 1 && dagChoice(page),
      element("button", { type: "button", "data-name": "refresh", click: () => page.refresh() }, text("refresh")),
      element("div", { class: "languages", role: "group", "aria-label": text("language") }, LANGUAGES.map((each) => languageButton(page, each))),
    ),
  ];
}

// Client and environment, which are the tags of the DAG.
function deploymentOf({ dags, dagId }) {
  const tags = dags.find((dag) => dag.dag_id === dagId)?.tags ?? [];
  return tags.map((tag) => tag.name).filter((name) => name !== "billing").join(" · ");
}

function dagChoice(page) {
  const option = (dag) => element("option", { value: dag.dag_id, selected: dag.dag_id === page.dagId }, dag.dag_id);
  const choose = (event) => page.selectDag(event.target.value);
  return element("label", {}, `${page.text("batch")} `, element("select", { "data-name": "dag", change: choose }, page.dags.map(option)));
}

function languageButton(page, language) {
  const attributes = { lang: language, "data-name": language, title: textsOf(language)(`language.${language}`), "aria-pressed": String(language === page.language) };
  return element("button", { type: "button", ...attributes, click: () => page.selectLanguage(language) }, language.toUpperCase());
}
