// Figures and dates as a language writes them; amounts keep every digit that the warehouse has given.

import { partsOf, percentOf, signOf, subtract } from "./decimals.js";

const MINUS = "\u2212";
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

// Functions that turn values into text, for "de" or "en".
export function formatsOf(language) {
  const locale = language === "de" ? "de-DE" : "en-GB";
  const separators = separatorsOf(locale);
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  const weekdays = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  const shortDays = new Intl.DateTimeFormat(locale, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" });
  const ticks = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const times = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const zones = new Intl.DateTimeFormat(locale, { timeZoneName: "short" });
  const months = new Intl.DateTimeFormat(locale, { month: "long", timeZone: "UTC" });
  const shortWeekdays = new Intl.DateTimeFormat(locale, { weekday: language === "de" ? "short" : "narrow", timeZone: "UTC" });
  const axis = new Intl.NumberFormat(locale, { useGrouping: "always", maximumFractionDigits: 2 });
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

  const decimal = (amount, places = 0) => {
    const { isNegative, whole, fraction } = partsOf(amount, places);
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, separators.group);
    return (isNegative ? MINUS : "") + grouped + (fraction ? separators.decimal + fraction : "");
  };
  const signed = (amount, places) => (signOf(amount) > 0 ? "+" : "") + decimal(amount, places);

  return {
    // A whole number: rows, files.
    count: (number) => decimal(String(number)),
    // An amount of money, given as decimal text.
    amount: (text) => decimal(text, 2),
    // The difference between two counts or two amounts, and its share of the earlier one.
    difference: (now, before, places = 0) => {
      const difference = subtract(now, before);
      const share = percentOf(difference, before);
      return {
        sign: signOf(difference),
        text: signOf(difference) ? signed(difference, places) : `±${decimal(subtract("0", "0"), places)}`,
        share: share === null || !signOf(share) ? null : `${signed(share, 1)} %`,
      };
    },
    bytes: (number) => {
      const step = number < 1 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), BYTE_UNITS.length - 1);
      return `${tenths.format(number / 1000 ** step)} ${BYTE_UNITS[step]}`;
    },
    seconds: (number) => {
      const whole = Math.round(number);
      if (whole < 60) {
        return `${tenths.format(number)} s`;
      }
      const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
      return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
    },
    minutes: (seconds) => `${tenths.format(seconds / 60)} min`,
    // A number beside a chart, which the chart has chosen.
    axis: (number) => axis.format(number).replace("-", MINUS),
    // A calendar day, given as "2026-11-25"; it has no time zone.
    day: (date) => days.format(new Date(`${date}T00:00Z`)),
    weekday: (date) => weekdays.format(new Date(`${date}T00:00Z`)),
    shortWeekday: (date) => shortWeekdays.format(new Date(`${date}T00:00Z`)),
    month: (date) => months.format(new Date(`${date}T00:00Z`)),
    shortDay: (date) => shortDays.format(new Date(`${date}T00:00Z`)),
    tick: (seconds) => ticks.format(new Date(seconds * 1000)),
    // A moment, in the time zone of the browser.
    time: (moment) => times.format(new Date(moment)),
    moment: (moment) => moments.format(new Date(moment)),
    zone: () => zones.formatToParts(new Date()).find((part) => part.type === "timeZoneName")?.value ?? "",
  };
}

function separatorsOf(locale) {
  const parts = new Intl.NumberFormat(locale, { useGrouping: "always" }).formatToParts(12345.6);
  const valueOf = (type, fallback) => parts.find((part) => part.type === type)?.value ?? fallback;
  return { group: valueOf("group", ","), decimal: valueOf("decimal", ".") };
}
