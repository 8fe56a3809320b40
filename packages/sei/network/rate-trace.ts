/** @file Rates over time from files: Mahimahi's delivery opportunities, and tables of times and rates. */
import { InputError } from "@split-et-impera/core/errors";
import { packOpportunities, type RateTrace } from "@split-et-impera/core/study";
import { MOST_RATE, parseDuration, parseRate, shown } from "@split-et-impera/core/units";
import { readText } from "../files/index.ts";

/** About an hour at 40 Mbit/s. */
const mostLines = 1e7;
const mostBytes = 64 * 2 ** 20;

/**
 * Reads a trace; by its name, a table (`.csv`) or Mahimahi's format.
 *
 * @throws InputError `ERR_RATE_TRACE` with the file and line, what was expected and what stands there
 */
export async function readRateTrace(path: string, file: string, end: RateTrace["end"]): Promise<RateTrace> {
  const what = "a trace of a link's rate";
  const text = await readText(path, { code: "ERR_RATE_TRACE", what, most: mostBytes });
  const lines = text.split(/\r?\n/).map((line, i) => ({ text: line.trim(), at: `${path}:${i + 1}` }));
  const rows = lines.filter(({ text }) => text !== "" && !text.startsWith("#"));
  if (rows.length === 0) throw new InputError("ERR_RATE_TRACE", `${path}: expected ${what}, got no line`);
  if (rows.length > mostLines)
    throw new InputError("ERR_RATE_TRACE", `${path}: expected at most ${mostLines} lines, got ${rows.length}`);
  return { file, end, ...(/\.csv$/i.test(path) ? steps(rows) : opportunities(rows)) };
}

interface Row {
  text: string;
  at: string;
}

function fail({ at }: Row, expected: string, got: unknown): never {
  throw new InputError("ERR_RATE_TRACE", `${at}: expected ${expected}, got ${shown(got)}`);
}

/** Each line a millisecond, rising or equal: 1500 bytes may leave then. */
function opportunities(rows: readonly Row[]): Pick<RateTrace, "seconds" | "opportunities"> {
  let before = 0;
  const milliseconds = rows.map((row) => {
    const value = Number(row.text);
    if (!/^\d+$/.test(row.text) || value > 1e9)
      fail(row, "a whole number of milliseconds, or the end .csv of a table's name", row.text);
    if (value < before) fail(row, `a millisecond not before ${before}`, row.text);
    before = value;
    return value;
  });
  if (before === 0) fail(rows.at(-1)!, "a trace that ends after 0 ms", "0");
  return { seconds: before / 1000, opportunities: packOpportunities(milliseconds) };
}

/** `time, rate` a line, with or without units (seconds, bit/s) and a line of names; the last rate lasts as long as the one before. */
function steps(rows: readonly Row[]): Pick<RateTrace, "seconds" | "steps"> {
  const cells = (row: Row): string[] => row.text.split(/[,;\t]/).map((cell) => cell.trim());
  const number = (cell: string, parse: (text: string) => number | string): number =>
    /^[\d.eE+-]+$/.test(cell) ? Number(cell) : Number(parse(cell));
  const named = Number.isNaN(number(cells(rows[0]!)[0] ?? "", parseDuration));
  const body = named ? rows.slice(1) : rows;
  const times: number[] = [];
  const rates: number[] = [];
  let first = 0;
  for (const row of body) {
    const [time = "", rate = "", ...more] = cells(row);
    const [seconds, bits] = [number(time, parseDuration), number(rate, parseRate)];
    if (more.length > 0 || !Number.isFinite(seconds))
      fail(row, "a time and a rate, such as `0.5, 12e6` (s, bit/s)", row.text);
    if (!(bits >= 0 && bits <= MOST_RATE))
      fail(row, "a rate from 0 to 1000 Tbit/s, such as `12e6` (bit/s) or `12 Mbit/s`", rate);
    if (times.length === 0) first = seconds;
    else if (!(seconds - first > times.at(-1)!)) fail(row, "a time after the one before it", time);
    times.push(seconds - first);
    rates.push(bits);
  }
  const last = rows.at(-1)!;
  if (times.length < 2) fail(last, "two lines or more", `${times.length}`);
  if (!rates.some((rate) => rate > 0)) fail(last, "some rate above 0", "0 everywhere");
  return { seconds: 2 * times.at(-1)! - times.at(-2)!, steps: { times, rates } };
}
