/** @file Numbers in SI units, back to how people write them. */

/**
 * A number with `digits` significant digits and no trailing zeros; never in exponent form below 1e15.
 * Infinity is `∞`; a number that is not there (NaN) is `–`.
 */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const rounded = Number(value.toPrecision(digits));
  return Object.is(rounded, -0) ? "0" : String(rounded);
}

/** The largest unit in which the rounded number is at least 1 (the smallest unit otherwise). */
function scaled(value: number, units: readonly (readonly [number, string])[], digits: number): string {
  const size = Math.abs(value);
  const smallest = units.at(-1)!;
  const unit = units.find(([factor]) => Number((size / factor).toPrecision(digits)) >= 1) ?? smallest;
  if (value === 0) return `0 ${units.find(([factor]) => factor === 1)?.[1] ?? smallest[1]}`;
  if (!Number.isFinite(value)) return formatNumber(value);
  return `${formatNumber(value / unit[0], digits)} ${unit[1]}`;
}

/** Seconds to `12.3 ms`, `1.5 s`, `80 µs`. */
export function formatDuration(seconds: number, digits = 3): string {
  // Minutes and hours are left to the reader up to 10 minutes: `95 s` compares better with `50 s` than `1.58 min`.
  if (Number.isFinite(seconds) && Math.abs(seconds) >= 600) {
    const minutes = Math.round(seconds / 60);
    return Math.abs(minutes) < 60 ? `${minutes} min` : `${formatNumber(seconds / 3600, digits)} h`;
  }
  return scaled(
    seconds,
    [
      [1, "s"],
      [1e-3, "ms"],
      [1e-6, "µs"],
      [1e-9, "ns"],
    ],
    digits,
  );
}

/** Bytes to `20 kB`, `1.5 MB` (powers of 1,000, as in a study). */
export function formatBytes(bytes: number, digits = 3): string {
  return scaled(
    bytes,
    [
      [1e9, "GB"],
      [1e6, "MB"],
      [1e3, "kB"],
      [1, "B"],
    ],
    digits,
  );
}

/** Joules to `12 mJ`. */
export function formatEnergy(joules: number, digits = 3): string {
  return scaled(
    joules,
    [
      [1e3, "kJ"],
      [1, "J"],
      [1e-3, "mJ"],
      [1e-6, "µJ"],
      [1e-9, "nJ"],
    ],
    digits,
  );
}

/** Bits per second to `100 Mbit/s`. */
export function formatRate(bitsPerSecond: number, digits = 3): string {
  return scaled(
    bitsPerSecond,
    [
      [1e9, "Gbit/s"],
      [1e6, "Mbit/s"],
      [1e3, "kbit/s"],
      [1, "bit/s"],
    ],
    digits,
  );
}

/** A share to `86.1 %`. Only a whole is `100 %`: 0.9997 is `99.97 %`. */
export function formatPercent(share: number, digits = 3): string {
  let text = formatNumber(share * 100, digits);
  if (share < 1) {
    for (let more = digits + 1; text === "100" && more <= 9; more++) text = formatNumber(share * 100, more);
  }
  return Number.isFinite(share) ? `${text} %` : text;
}

/** Frames per second to `20 fps`. */
export function formatFrameRate(framesPerSecond: number, digits = 3): string {
  return Number.isFinite(framesPerSecond)
    ? `${formatNumber(framesPerSecond, digits)} fps`
    : formatNumber(framesPerSecond);
}

/** A large count, shortened: 3748522 as "3.75 M". */
export function formatCount(count: number, digits = 3): string {
  const [factor, suffix] =
    count >= 1e9 ? [1e9, " G"] : count >= 1e6 ? [1e6, " M"] : count >= 1e3 ? [1e3, " k"] : [1, ""];
  return `${formatNumber(count / factor, digits)}${suffix}`;
}
