// Exact arithmetic with amounts as they come from the warehouse: decimal text, never a floating-point number.

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

// Whether a value is an amount: text such as "-1234.50".
export function isDecimal(value) {
  return typeof value === "string" && DECIMAL.test(value);
}

// first - second, with as many decimal places as the longer of them has.
export function subtract(first, second) {
  const scale = Math.max(placesOf(first), placesOf(second));
  return toText(unitsOf(first, scale) - unitsOf(second, scale), scale);
}

// -1, 0 or 1.
export function signOf(amount) {
  const units = unitsOf(amount, placesOf(amount));
  return units < 0n ? -1 : Number(units > 0n);
}

// A difference in per cent of what it is a difference to, with one decimal place, rounded half away from zero.
// Null where that says nothing: a share of zero.
export function percentOf(difference, base) {
  const scale = Math.max(placesOf(difference), placesOf(base));
  const whole = absolute(unitsOf(base, scale));
  if (whole === 0n) {
    return null;
  }
  const part = unitsOf(difference, scale);
  const rounded = (absolute(part) * 2000n + whole) / (whole * 2n);
  return toText(part < 0n ? -rounded : rounded, 1);
}

// Sign, digits before and digits after the decimal point, with this many of the latter at least.
export function partsOf(amount, places = 0) {
  const [, sign, whole, fraction = ""] = DECIMAL.exec(amount);
  const padded = fraction.padEnd(places, "0");
  return { isNegative: sign === "-" && /[1-9]/.test(whole + fraction), whole: whole.replace(/^0+(?=\d)/, ""), fraction: padded };
}

function placesOf(amount) {
  return (DECIMAL.exec(amount)[3] ?? "").length;
}

function unitsOf(amount, scale) {
  const [, sign, whole, fraction = ""] = DECIMAL.exec(amount);
  const units = BigInt(whole + fraction.padEnd(scale, "0"));
  return sign ? -units : units;
}

function toText(units, scale) {
  const digits = absolute(units).toString().padStart(scale + 1, "0");
  const sign = units < 0n ? "-" : "";
  return scale ? `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}` : `${sign}${digits}`;
}

function absolute(units) {
  return units < 0n ? -units : units;
}
