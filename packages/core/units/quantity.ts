/** @file A number with a unit, as people write it, to a number in SI units. */

/** A family of units that one field accepts. */
export interface Kind {
  /** What the field wants, for `expected ...` in messages. */
  expected: string;
  /** Unit as written to its factor in the SI unit; matched exactly first, then without regard to case. */
  units: Readonly<Record<string, number>>;
  /** Factor of a number without a unit; absent where a bare number would be a guess. Zero never needs a unit. */
  bare?: number;
  least?: number;
  most?: number;
}

const pattern = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$/u;

/**
 * Reads `5 ms`, `100Mbit/s`, `1 %` or a plain number.
 * @returns the value in the kind's SI unit, or the reason why not, to stand after the field's name
 */
export function parseQuantity(input: unknown, kind: Kind): number | string {
  const refuse = (hint = ""): string => `expected ${kind.expected}, got ${shown(input)}${hint}`;
  if (typeof input !== "number" && typeof input !== "string") return refuse();
  const found = pattern.exec(String(input).trim());
  if (!found) return refuse();
  const [, digits = "", unit = ""] = found;
  const count = Number(digits);
  if (!Number.isFinite(count)) return refuse();
  const factor = unit === "" ? (count === 0 ? 1 : kind.bare) : factorOf(unit, kind.units);
  if (factor === undefined) {
    if (/^,\d/.test(unit)) return refuse("; write the decimal point as a point and no separators");
    const known = Object.keys(kind.units).slice(0, 6).join(", ");
    return refuse(
      unit === "" ? `; the unit is missing (${known})` : `; the unit "${unit}" is not one of ${known}, ...`,
    );
  }
  // 1 / 1e-3 is exact where 1e-3 is not, so `5 ms` is the very number 0.005.
  const value = factor < 1 ? count / Math.round(1 / factor) : count * factor;
  if (value < (kind.least ?? 0) || value > (kind.most ?? Infinity) || !Number.isFinite(value)) return refuse();
  return value;
}

function factorOf(unit: string, units: Readonly<Record<string, number>>): number | undefined {
  const plain = unit.replaceAll(/\s+/g, " ").replaceAll("μ", "µ");
  if (Object.hasOwn(units, plain)) return units[plain];
  const folded = fold(plain);
  const matches = new Set(Object.keys(units).flatMap((name) => (fold(name) === folded ? [units[name]!] : [])));
  return matches.size === 1 ? [...matches][0] : undefined;
}

/** Forgets case where it carries no meaning: `MS` is milliseconds, but `Mb` and `MB` are a factor of eight apart. */
function fold(unit: string): string {
  return unit.replaceAll(/b(?=it|yte)|[^b]/giu, (letter) => letter.toLowerCase());
}

/** A value as it stands in the file, short enough for a message. */
export function shown(input: unknown): string {
  if (input === undefined) return "nothing";
  let text: string;
  try {
    text = JSON.stringify(input) ?? typeof input;
  } catch (error) {
    // JSON.parse takes any depth, JSON.stringify does not.
    if (!(error instanceof RangeError)) throw error;
    return "a nest too deep to show";
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
