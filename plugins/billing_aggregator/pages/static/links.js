// Links to S3, and links that also work in the frame in which Airflow's UI shows this page.

import { element } from "./dom.js";

const CONSOLE = /^[a-z0-9-]+\.console\.(aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn)$/;

// The S3 console's address of a folder, as a run has reported it; null if it is none, such as s3:// of another server.
export function consoleOf(url) {
  try {
    const found = new URL(url);
    return found.protocol === "https:" && CONSOLE.test(found.host) ? found : null;
  } catch {
    return null;
  }
}

// The S3 console's address of one object; null where its folder has none.
export function objectInConsole(folderUrl, bucket, key) {
  const folder = consoleOf(folderUrl);
  if (!folder || !bucket || !key) {
    return null;
  }
  const object = new URL(`/s3/object/${encodeURIComponent(bucket)}`, folder);
  object.search = new URLSearchParams({ region: folder.searchParams.get("region") ?? "", prefix: key });
  return object.href;
}

// A link out of this page; `isElsewhere` opens it beside Airflow.
export function link(address, text, { isElsewhere = false, ...attributes } = {}) {
  const target = isElsewhere ? { target: "_blank", rel: "noopener noreferrer" } : { target: "_top" };
  return element("a", { href: address, ...target, ...attributes, click: openFromFrame, auxclick: openFromFrame }, text);
}

// Airflow's frame forbids this page to open windows or to replace the one around it. The page around it may, and is of
// the same origin: it gets a link of its own, which is clicked in place of ours.
function openFromFrame(event) {
  if (window.parent === window || event.button > 1) {
    return;
  }
  event.preventDefault();
  const outer = window.parent.document;
  const clicked = outer.createElement("a");
  clicked.href = event.currentTarget.href;
  const wantsTab = event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey;
  clicked.target = wantsTab || event.currentTarget.target === "_blank" ? "_blank" : "_self";
  clicked.rel = "noopener noreferrer";
  clicked.hidden = true;
  outer.body.append(clicked);
  clicked.click();
  clicked.remove();
}
