// Charts of the last days. Figures become floating-point numbers for the height of a point only; what is read off a
// chart is the text that the warehouse has given.

import { drawing, element, show } from "./dom.js";
import { amountName } from "./parts.js";
import { mainExports, totalOf } from "./reports.js";

const DAY_SECONDS = 86400;
const HEIGHT = 190;
const COLOURS = 6;
const AXIS_EDGE = 6;
const DAY_STEPS = [1, 2, 7, 14, 28].map((days) => days * DAY_SECONDS);
const DURATION_STEPS = [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400];

// The names of all control sums that the days know.
export function amountLabels(days) {
  return [...new Set(days.flatMap((day) => day.systems.flatMap(mainExports).flatMap((each) => each.amounts.map(([label]) => label))))];
}

export function chartsSection(page) {
  const { text, formats, days } = page;
  const labels = amountLabels(days);
  const label = labels.includes(page.amount) ? page.amount : (labels[0] ?? null);
  const systems = [...new Set(days.flatMap((day) => day.systems.map((system) => system.name)))].sort();
  const perSystem = (valueOf) => systems.map((name, place) => ({ name, colour: place, valueOf: (day) => valueOf(day.systems.find((system) => system.name === name)) }));
  const rows = (system) => system && totalOf(mainExports(system), "rows");
  const amount = (system) => system && mainExports(system).flatMap((each) => each.amounts).find(([found]) => found === label)?.[1];
  return element("section", { "aria-labelledby": "charts" },
    element("h2", { id: "charts" }, page.until ? text("charts.until", { days: page.span, date: formats.shortDay(page.until) }) : text("charts", { days: page.span })),
    element("div", { class: "charts" },
      chart(page, text("chart.rows"), perSystem(rows), formats.count, { axis: formats.axis }),
      label !== null && chart(page, amountChoice(page, labels, label), perSystem(amount), formats.amount, { axis: formats.axis, name: amountName(page, label) }),
      chart(page, text("chart.duration"), [{ name: text("run"), colour: 0, valueOf: runSeconds }], formats.seconds, { axis: formats.minutes, fromZero: true }),
    ),
  );
}

function runSeconds(day) {
  const run = (day.deliveries[0] ?? day.newest)?.run;
  return run?.start_date && run.end_date ? (new Date(run.end_date) - new Date(run.start_date)) / 1000 : null;
}

function amountChoice(page, labels, chosen) {
  const option = (label) => element("option", { value: label, selected: label === chosen }, amountName(page, label));
  return element("label", {}, `${page.text("chart.amounts")} `, element("select", { "data-name": "amount", change: (event) => page.selectAmount(event.target.value) }, labels.map(option)));
}

// `series` have a name, a colour and a value for each day: a number or decimal text, null for none. `axis` writes the
// figures beside the chart, `name` is for those who cannot see it.
function chart(page, title, series, format, { axis, name = title, fromZero = false }) {
  const calendar = calendarOf(page.days);
  const used = series.map((each) => ({ ...each, values: calendar.map(({ day }) => (day && each.valueOf(day)) ?? null) })).filter((each) => each.values.some((value) => value !== null));
  const place = element("div", { class: "plot", role: "img", "aria-label": page.text("chart.described", { title: name, count: page.days.length }) });
  const toggles = used.map((each, number) => ({ ...each, toggle: () => drawn.setSeries(number + 1, { show: !drawn.series[number + 1].show }) }));
  let drawn = null;
  if (used.length) {
    whenSized(place, (width) => {
      drawn ? drawn.setSize({ width, height: HEIGHT }) : (drawn = draw(place, page, calendar, used, format, { width, axis, fromZero }));
    });
  } else {
    show(place, element("p", { class: "muted" }, page.text("chart.none")));
  }
  const legend = used.length > 1 && element("ul", { class: "legend" }, toggles.map((each) => element("li", {}, legendButton(page, each))));
  return element("figure", {}, element("figcaption", {}, title), legend, place);
}

function legendButton(page, { name, colour, toggle }) {
  const click = ({ currentTarget }) => {
    toggle();
    currentTarget.setAttribute("aria-pressed", String(currentTarget.getAttribute("aria-pressed") !== "true"));
  };
  return element("button", { type: "button", class: "plain", "aria-pressed": "true", title: page.text("chart.toggle", { name }), click }, swatch(colour), name);
}

function swatch(colour) {
  return drawing("svg", { class: `swatch series-${colour % COLOURS}`, viewBox: "0 0 10 10", "aria-hidden": "true" }, drawing("circle", { cx: 5, cy: 5, r: 4 }));
}

// Every calendar day from the oldest to the newest: one without a run is a gap.
function calendarOf(days) {
  const known = new Map(days.map((day) => [Date.parse(`${day.date}T00:00Z`) / 1000, day]));
  const moments = [...known.keys()].filter(Number.isFinite);
  if (!moments.length) {
    return [];
  }
  const [first, last] = [Math.min(...moments), Math.max(...moments)];
  return Array.from({ length: (last - first) / DAY_SECONDS + 1 }, (_, place) => first + place * DAY_SECONDS).map((moment) => ({ moment, day: known.get(moment) }));
}

// The days that are named below a chart, from the oldest one on; `step` is in seconds.
function everySo(calendar, step) {
  return calendar.filter((_, place) => (place * DAY_SECONDS) % step === 0).map(({ moment }) => moment);
}

function whenSized(place, act) {
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width) {
      act(width);
    }
  }).observe(place);
}

function draw(place, page, calendar, series, format, { width, axis: write, fromZero }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const tip = element("div", { class: "tip", hidden: true });
  const font = `12px ${style.fontFamily}`;
  const axis = { stroke: colour("--muted"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const options = {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    scales: { x: { range: (_, first, last) => (calendar.length > 1 ? [first, last] : [calendar[0].moment - DAY_SECONDS / 2, calendar[0].moment + DAY_SECONDS / 2]) }, y: { range: (_, low, high) => (low === null ? [0, 1] : window.uPlot.rangeNum(fromZero ? Math.min(0, low) : low, high, 0.1, true)) } },
    axes: [
      { ...axis, size: 30, space: 64, grid: { show: false }, incrs: DAY_STEPS, splits: (_, __, ___, ____, step) => everySo(calendar, step), values: (_, moments) => moments.map(page.formats.tick) },
      { ...axis, size: widthOf, values: (_, values) => values.map(write), ...(fromZero ? { incrs: DURATION_STEPS } : {}) },
    ],
    series: [{}, ...series.map((each) => {
      const stroke = colour(`--series-${each.colour % COLOURS}`);
      return { label: each.name, stroke, width: 2, points: { show: true, size: calendar.length > 40 ? 3 : 6, fill: stroke } };
    })],
    hooks: { setCursor: [(plot) => tell(plot, tip, page, calendar, series, format)] },
  };
  const values = series.map((each) => each.values.map((value) => (value === null ? null : Number(value))));
  const plot = new window.uPlot(options, [calendar.map(({ moment }) => moment), ...values], place);
  plot.over.append(tip);
  return plot;
}

// The room that the numbers beside a chart take. uPlot asks again until that no longer changes.
function widthOf(plot, texts, place, round) {
  const axis = plot.axes[place];
  if (round > 1) {
    return axis._size;
  }
  plot.ctx.font = axis.font[0];
  const widths = (texts ?? []).map((text) => plot.ctx.measureText(text).width / devicePixelRatio);
  return Math.ceil(Math.max(0, ...widths)) + axis.gap + AXIS_EDGE;
}

// Shows the figures of the day under the pointer.
function tell(plot, tip, page, calendar, series, format) {
  const place = plot.cursor.idx;
  const found = place === null || place === undefined ? [] : series.filter((each) => each.values[place] !== null);
  tip.hidden = !found.length;
  if (!found.length) {
    return;
  }
  const lines = found.map((each) => element("div", { class: "tip-line" }, swatch(each.colour), element("span", {}, each.name), element("span", { class: "number" }, format(each.values[place]))));
  show(tip, element("strong", {}, page.formats.day(calendar[place].day.date)), lines);
  tip.classList.toggle("left", plot.cursor.left > plot.over.clientWidth / 2);
  tip.style.setProperty("--x", `${plot.valToPos(calendar[place].moment, "x")}px`);
}
