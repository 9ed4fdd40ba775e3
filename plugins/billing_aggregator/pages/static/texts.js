// The texts of the page in one language; the server gives the words of both.

import { WORDS } from "./words.js";

export function textsOf(language) {
  const column = language === "de" ? 1 : 0;
  const text = (name, values = {}) =>
    (WORDS[name]?.[column] ?? name).replace(/\{(\w+)\}/g, (found, key) => String(values[key] ?? found));
  // A name that a deployment has given, such as that of an amount: translated if it is known, else as it was given.
  text.or = (name, given) => (Object.hasOwn(WORDS, name) ? text(name) : given);
  return text;
}
