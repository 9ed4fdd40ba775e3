// Small parts that several views share: badges, figures, links of an export.

import { element } from "./dom.js";
import { consoleOf, link, objectInConsole } from "./links.js";

// The state of something; its colour is never the only sign.
export function badge(state, label) {
  return element("span", { class: `badge state-${state}` }, element("span", { class: "dot", "aria-hidden": "true" }), label);
}

export function elsewhere(page, address, label) {
  const hint = element("span", { class: "visually-hidden" }, ` (${page.text("new_tab")})`);
  return link(address, [label, element("span", { class: "arrow", "aria-hidden": "true" }, "↗"), hint], { isElsewhere: true });
}

// A figure that may be unknown.
export function known(page, value, format) {
  return value === null || value === undefined ? page.text("none") : format(value);
}

export function amountName(page, label) {
  return page.text.or(`amount.${label}`, label);
}

export function exportName(page, each) {
  const [, stage, name] = each.taskId.split(".");
  return name === undefined ? page.text.or(`export.${stage === "export" ? "result" : stage}`, stage) : page.text("export.archive", { name });
}

// Links to run, log, manifest and objects of one export.
export function exportLinks(page, each) {
  const manifest = objectInConsole(each.url, each.bucket, each.manifest);
  const folder = consoleOf(each.url);
  return element("p", { class: "links" },
    link(page.api.taskPage(page.dagId, each.run.dag_run_id, each.taskId), page.text("link.log")),
    manifest && elsewhere(page, manifest, page.text("link.manifest")),
    folder && elsewhere(page, folder.href, page.text("link.objects")),
    !manifest && each.bucket && each.manifest && element("code", { class: "address", title: page.text("link.manifest") }, `s3://${each.bucket}/${each.manifest}`),
  );
}

// The difference between two counts or amounts, coloured by nothing: more is neither good nor bad.
export function difference(page, now, before, places) {
  const { text, share, sign } = page.formats.difference(now, before, places);
  return element("span", { class: sign ? "difference" : "difference same" }, text, share && element("small", {}, ` (${share})`));
}

// The same for an amount, either of which may be unknown.
export function amountDifference(page, now, before) {
  return known(page, now, (amount) => known(page, before, (old) => difference(page, amount, old, 2)));
}

// An error as a program has written it, which is in English on the German page, too.
export function originalMessage(message) {
  return element("pre", { tabindex: "0", lang: "en" }, message);
}

// A message in place of figures.
export function notice(title, ...content) {
  return element("section", { class: "notice" }, element("h2", {}, title), content.map((each) => (typeof each === "string" ? element("p", {}, each) : each)));
}
