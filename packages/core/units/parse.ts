/** @file The quantities of a study: what each field accepts. All give SI numbers, or a reason as text. */
import { formatBytes } from "./format.ts";
import { parseQuantity, shown, type Kind } from "./quantity.ts";

const durations = {
  ms: 1e-3,
  s: 1,
  us: 1e-6,
  µs: 1e-6,
  ns: 1e-9,
  min: 60,
  h: 3600,
  second: 1,
  seconds: 1,
  minute: 60,
  minutes: 60,
};

/** `/s` may be left out (`100 Mbit`); `b` is a bit and `B` a byte, whatever the case of the prefix. */
const rates = perSecond({ M: 1e6, G: 1e9, k: 1e3, "": 1, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 });

function perSecond(prefixes: Record<string, number>): Record<string, number> {
  const units: Record<string, number> = {};
  for (const [prefix, factor] of Object.entries(prefixes)) units[`${prefix}bit/s`] = factor;
  for (const [prefix, factor] of Object.entries(prefixes)) {
    for (const spelling of new Set([prefix, prefix.toLowerCase(), prefix.toUpperCase()])) {
      Object.assign(units, {
        [`${spelling}bit`]: factor,
        [`${spelling}bits/s`]: factor,
        [`${spelling}b/s`]: factor,
        [`${spelling}bps`]: factor,
        [`${spelling}B/s`]: factor * 8,
      });
    }
  }
  return units;
}

const sizes = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  B: 1,
  byte: 1,
  bytes: 1,
  KB: 1e3,
};

const shares = { "%": 0.01, percent: 0.01, "‰": 0.001 };

/** Joules per byte, from joules per bit or per amount of bytes. */
function energies(): Record<string, number> {
  const units: Record<string, number> = {};
  for (const [prefix, factor] of Object.entries({ n: 1e-9, u: 1e-6, µ: 1e-6, m: 1e-3, "": 1, p: 1e-12 })) {
    units[`${prefix}J/bit`] = 8 * factor;
    for (const [size, bytes] of Object.entries(sizes)) units[`${prefix}J/${size}`] = factor / bytes;
  }
  return units;
}

const kinds = {
  power: { expected: "a power such as `5 W` or `300 mW`", units: { W: 1, mW: 1e-3, kW: 1e3 } },
  energy: { expected: "an energy per byte or bit such as `50 nJ/bit` or `2 J/MB`", units: energies() },
  duration: { expected: "a duration such as `5 ms`", units: durations },
  rate: { expected: "a rate such as `100 Mbit/s`", units: rates, least: 1 },
  bytes: { expected: "a size such as `20 kB`", units: sizes, bare: 1 },
  memory: { expected: "a size such as `64 MB`", units: sizes, least: 1 },
  share: { expected: "a share between 0 % and 100 %", units: shares, bare: 1, most: 1 },
  frameRate: {
    expected: "a frame rate such as `20 fps`",
    units: { fps: 1, "frames/s": 1, Hz: 1, "/s": 1, "/min": 1 / 60, "frames/min": 1 / 60 },
    bare: 1,
    least: 1e-6,
    most: 1e6,
  },
  factor: { expected: "a factor such as `1/20` or `0.05`", units: { x: 1, "×": 1, "%": 0.01 }, bare: 1, least: 1e-9 },
} satisfies Record<string, Kind>;

/** Seconds. Accepts ns, us, µs, ms, s, min, h; a unit is needed. */
export const parseDuration = (input: unknown): number | string => parseQuantity(input, kinds.duration);

/** Bits per second. Accepts `100 Mbit/s`, `100Mbit`, `1 Gb/s`, `10 Mbps`, `12 MB/s` (bytes); a unit is needed. */
export function parseRate(input: unknown): number | string {
  const rate = parseQuantity(input, kinds.rate);
  return typeof rate === "number" && rate > MOST_RATE
    ? `expected a rate of at most ${MOST_RATE / 1e12} Tbit/s, got ${shown(input)}`
    : rate;
}

/** Bits per second; no link that is built comes near it. */
export const MOST_RATE = 1e15;

/** Bytes. Accepts `20 kB` (1,000), `64 MiB` (2^20), `14 bytes`, or a plain number of bytes. */
export const parseBytes = (input: unknown): number | string => whole(parseQuantity(input, kinds.bytes));

/** Bytes from `least` to `most`, like {@link parseBytes}. */
export function parseSize(input: unknown, least: number, most: number): number | string {
  const bytes = parseBytes(input);
  if (typeof bytes === "string" || (bytes >= least && bytes <= most)) return bytes;
  const range = `${least} B to ${most < 1e6 ? `${most} B` : formatBytes(most)}`;
  return `expected a size from ${range}, got ${shown(input)}`;
}

/** Bytes, like {@link parseBytes}, but with the unit written, because a bare `64` nearly always means megabytes. */
export const parseMemory = (input: unknown): number | string => whole(parseQuantity(input, kinds.memory));

/** Frames per second. Accepts `20 fps`, `20 Hz`, `20/s`, `90/min`, or a plain number. */
export const parseFrameRate = (input: unknown): number | string => parseQuantity(input, kinds.frameRate);

/** A number without a unit. */
export function parseNumber(input: unknown): number | string {
  const value = typeof input === "string" && input.trim() !== "" ? Number(input) : input;
  return typeof value === "number" && Number.isFinite(value) ? value : `expected a number, got ${shown(input)}`;
}

/** A share from 0 to 1. Accepts `1 %`, `0.01`, `5 ‰`; a bare 1 could mean all or one in a hundred and is asked back. */
export function parseShare(input: unknown): number | string {
  const share = parseQuantity(input, kinds.share);
  const bare = typeof input === "number" || typeof input === "string" ? Number(input) : Number.NaN;
  if (bare === 1) return `expected a share with its unit, got ${shown(input)}; write \`1 %\` or \`100 %\``;
  return typeof share === "string" && bare > 1 && bare <= 100 ? `${share}; for ${bare} % write \`${bare} %\`` : share;
}

/** A positive factor. Accepts `1/20`, `0.05`, `64x`, `5 %`. */
export function parseFactor(input: unknown): number | string {
  const fraction = typeof input === "string" ? /^\s*([\d.]+)\s*\/\s*([\d.]+)\s*$/.exec(input) : null;
  if (!fraction) return parseQuantity(input, kinds.factor);
  const value = Number(fraction[1]) / Number(fraction[2]);
  return value > 0 && Number.isFinite(value) ? value : `expected ${kinds.factor.expected}, got ${shown(input)}`;
}

/**
 * A whole number of things from `least` to `most`. Accepts `1000` and `1000 packets`.
 * @param noun the plural of what is counted, such as `packets`
 */
export function parseCount(input: unknown, noun: string, least = 1, most = 1e9): number | string {
  const units = { [noun]: 1, [noun.replace(/s$/, "")]: 1 };
  const expected = `a whole number of ${noun}, ${most < 1e9 ? `${least} to ${most}` : `${least} or more`}`;
  const value = parseQuantity(input, { expected, units, bare: 1, least, most });
  return typeof value === "string" || Number.isInteger(value) ? value : `expected ${expected}, got ${shown(input)}`;
}

/** Watts. Accepts mW, W, kW; a unit is needed. */
export const parsePower = (input: unknown): number | string => parseQuantity(input, kinds.power);

/** Joules per byte. Accepts `50 nJ/bit`, `0.4 µJ/B`, `2 J/MB`; a unit is needed. */
export const parseEnergy = (input: unknown): number | string => parseQuantity(input, kinds.energy);

/** An amount of money per second or per byte; `currency` as written, "" where it is not. */
export interface Price {
  value: number;
  currency: string;
}

const times = { s: 1, min: 60, h: 3600, hour: 3600, day: 86_400, month: 2_592_000 };

/** A price per second. Accepts `0.40 EUR/h`, `$0.40/h`, `12 USD/month` (30 days), `0.4/h`. */
export const parseHourlyPrice = (input: unknown): Price | string =>
  parsePrice(input, "a price per time such as `0.40 EUR/h`", times);

/** A price per byte. Accepts `0.09 USD/GB`, `€0.05/GB`. */
export const parseBytePrice = (input: unknown): Price | string =>
  parsePrice(input, "a price per amount of data such as `0.09 EUR/GB`", sizes);

function parsePrice(input: unknown, expected: string, per: Readonly<Record<string, number>>): Price | string {
  const written = /^\s*(\p{Sc}?)\s*(\d+(?:\.\d*)?|\.\d+)\s*(\p{Sc}|[A-Za-z]{3})?\s*\/\s*(\w+)\s*$/u.exec(
    typeof input === "string" ? input : "",
  );
  const [, before = "", amount = "", after = "", unit = ""] = written ?? [];
  if (!written || !Object.hasOwn(per, unit) || (before !== "" && after !== "")) {
    return `expected ${expected} (${Object.keys(per)
      .slice(0, 5)
      .map((name) => `/${name}`)
      .join(", ")}), got ${shown(input)}`;
  }
  return { value: Number(amount) / per[unit]!, currency: before || after };
}

function whole(bytes: number | string): number | string {
  return typeof bytes === "string" ? bytes : Math.round(bytes);
}
