// Arithmetic with calendar days, which are texts such as "2026-11-25" and have no time zone.

const DAY = 86400_000;

export function today() {
  return new Date().toISOString().slice(0, 10);
}

// The day that a text names; null if it names none.
export function dateOrNull(text) {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text ?? "") && Number.isFinite(Date.parse(text)) && dayAfter(text, 0) === text;
  return isDay ? text : null;
}

export function yearOf(date) {
  return Number(date.slice(0, 4));
}

// The day this many days later, or earlier if the number is negative.
export function dayAfter(date, days = 1) {
  return new Date(Date.parse(date) + days * DAY).toISOString().slice(0, 10);
}

// The same day of the year before; for 29 February it is 28 February.
export function yearBefore(date) {
  const before = `${String(yearOf(date) - 1).padStart(4, "0")}${date.slice(4)}`;
  return before.endsWith("02-29") ? before.replace("02-29", "02-28") : before;
}

export function isMonthEnd(date) {
  return dayAfter(date).endsWith("-01");
}

// The days of a month, 1 to 12, in weeks from Monday to Sunday; null where a week belongs to another month.
export function weeksOf(year, month) {
  const first = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-01`;
  const before = (new Date(first).getUTCDay() + 6) % 7;
  const days = Array.from({ length: 31 }, (_, place) => dayAfter(first, place)).filter((date) => date.startsWith(first.slice(0, 7)));
  const cells = [...Array(before).fill(null), ...days];
  const weeks = Array.from({ length: Math.ceil(cells.length / 7) }, (_, week) => cells.slice(week * 7, week * 7 + 7));
  return weeks.map((week) => [...week, ...Array(7 - week.length).fill(null)]);
}
