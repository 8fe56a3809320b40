/** @file What of a link does not go together; values as they are written. */
import { LONGEST_BURST, lossProblem } from "@split-et-impera/core/network";
import { withLoss, type Study } from "@split-et-impera/core/study";
import { parseDuration, parseFactor, parseShare, shown } from "@split-et-impera/core/units";
import type { Problem } from "./problems.ts";
import { get, isFields } from "./raw.ts";
import type { Path } from "./source.ts";

const given = (value: unknown): boolean => value !== undefined && value !== false && value !== 0;

/** Queue managements, buckets and turns that exclude each other, and outages that are said twice or by half. */
export function linkProblems(raw: unknown): Problem[] {
  const links = get(raw, ["links"]);
  if (!Array.isArray(links)) return [];
  return links.flatMap((link: unknown, i): Problem[] => {
    const path: Path = ["links", i];
    return [
      ...rateProblems(link, path),
      ...directionProblems(link, path),
      ...directionProblems(get(link, ["back"]), [...path, "back"], link),
      ...outageProblems(link, path),
      ...backgroundProblems(link, path),
      ...mediumProblems(link, path),
    ];
  });
}

/** What the links that `sei verify` makes do not have. */
export function unmadeProblems(raw: unknown): Problem[] {
  const links = get(raw, ["links"]);
  return (Array.isArray(links) ? links : []).flatMap((link: unknown, i): Problem[] => {
    const says = (field: Path, message: string): Problem => ({ path: ["links", i, ...field], message, key: true });
    const alone = "expected nothing, since the links that `sei verify` makes carry frames only";
    const [background, connections] = [get(link, ["background"]), get(link, ["connections"])];
    return [
      ...(Array.isArray(background) && background.length > 0 ? [says(["background"], alone)] : []),
      ...(given(get(link, ["medium", "stations"])) ? [says(["medium", "stations"], alone)] : []),
      ...(connections === undefined || connections === "persistent"
        ? []
        : [says(["connections"], "expected `persistent`, since `sei run` keeps its connections")]),
    ];
  });
}

/** Losses that are tried on links whose bursts cannot give them. */
export function triedLossProblems(study: Study): Problem[] {
  return study.explore.losses.flatMap((loss, i): Problem[] => {
    const path = ["explore", "losses", i];
    return withLoss(study, loss).links.flatMap((link, k): Problem[] => {
      const wrong = lossProblem(link.loss) ?? (link.back && lossProblem(link.back.loss));
      return wrong === undefined ? [] : [{ path, message: `with links[${k}].loss: ${wrong}` }];
    });
  });
}

/** A link without a rate, and without a profile that has one. */
function rateProblems(link: unknown, path: Path): Problem[] {
  if (!isFields(link) || link["rate"] !== undefined || link["profile"] !== undefined) return [];
  const message = "expected a rate such as `100 Mbit/s`, got nothing; or give a `profile`";
  return [{ path: [...path, "rate"], message }];
}

/** @param main what holds for a way back where it says nothing else */
function directionProblems(direction: unknown, path: Path, main?: unknown): Problem[] {
  if (!isFields(direction)) return [];
  const field = (name: string): unknown => get(direction, [name]) ?? get(main, [name]);
  const half = get(main ?? direction, ["duplex"]) === "half";
  const problems: Problem[] = [];
  const says = (name: string, message: string): void => {
    // What the main direction says is told there.
    const own = get(direction, [name]) !== undefined;
    problems.push({ path: own ? [...path, name] : path, message, key: true });
  };
  const bucket = given(field("bucket"));
  if (given(field("codel")) && bucket) says("codel", "expected no token bucket (`bucket`) beside it");
  else if (given(field("codel")) && half) says("codel", "expected it only with `duplex: full`");
  if (bucket && isFields(field("rate"))) says("bucket", "expected a constant `rate` beside it");
  const rate = field("rate");
  if (isFields(rate) && get(rate, ["end"]) === "hold" && !isCsv(get(rate, ["trace"])))
    says("rate", "expected `end: repeat` or `end: error`, since the last rate of a Mahimahi trace is none");
  if (get(direction, ["codel"]) !== undefined) {
    const codel = get(direction, ["codel"]);
    const [target, interval] = [get(codel, ["target"]) ?? "5 ms", get(codel, ["interval"]) ?? "100 ms"].map(
      parseDuration,
    );
    if (typeof target === "number" && typeof interval === "number" && !(target > 0 && target < interval))
      says("codel", `expected a target above 0 and below the interval, got ${shown(codel)}`);
  }
  const lossy = get(direction, ["loss"]);
  const loss = [parseShare(get(lossy, ["rate"])), parseFactor(get(lossy, ["burst"]) ?? 1)] as const;
  const wrong = lossWords(...loss);
  if (wrong !== undefined) says("loss", wrong);
  return problems;
}

/** What of a burst's length alone is wrong the definition says. */
function lossWords(rate: number | string, burst: number | string): string | undefined {
  if (typeof rate === "string" || typeof burst === "string" || burst < 1 || burst > LONGEST_BURST) return undefined;
  return lossProblem({ rate, burst });
}

/** Which of the formats of traces a file's name says. */
export const isCsv = (file: unknown): boolean => typeof file === "string" && /\.csv$/i.test(file);

function outageProblems(link: unknown, above: Path): Problem[] {
  const outages = get(link, ["outages"]);
  if (!isFields(outages)) return [];
  const path = [...above, "outages"];
  const [at, up, down] = [get(outages, ["at"]), get(outages, ["up"]), get(outages, ["down"])];
  const problems: Problem[] = [];
  if ((at === undefined) === (up === undefined && down === undefined))
    problems.push({ path, message: "expected `at`, or `up` and `down`", key: true });
  else if (at === undefined && (up === undefined || down === undefined))
    problems.push({ path, message: "expected both mean times, `up` and `down`", key: true });
  for (const [name, value] of [
    ["up", up],
    ["down", down],
  ] as const) {
    const seconds = value === undefined ? undefined : parseDuration(value);
    if (typeof seconds === "number" && seconds < 1e-6)
      problems.push({ path: [...path, name], message: `expected a mean time of at least 1 us, got ${shown(value)}` });
  }
  for (const [i, pair] of Array.isArray(at) ? at.entries() : []) {
    const [from, to] = [parseDuration(get(pair, [0])), parseDuration(get(pair, [1]))];
    if (typeof from === "number" && typeof to === "number" && to <= from)
      problems.push({ path: [...path, "at", i], message: `expected a time and a later one, got ${shown(pair)}` });
  }
  if (given(get(link, ["bucket"])) && get(outages, ["packets"]) === "wait")
    problems.push({ path: [...path, "packets"], message: "expected `lost` on a link with a token bucket" });
  return problems;
}

/** A medium beside what has turns or a queue of its own kind, and windows that shrink. */
function mediumProblems(link: unknown, path: Path): Problem[] {
  const medium = get(link, ["medium"]);
  if (!isFields(medium)) return [];
  const problems: Problem[] = [];
  const says = (field: string): number =>
    problems.push({ path: [...path, field], message: "expected nothing beside a `medium`", key: true });
  for (const field of ["codel", "bucket"]) if (given(get(link, [field]))) says(field);
  if (get(link, ["duplex"]) === "half") says("duplex");
  const window = get(medium, ["window"]);
  const [least, most] = Array.isArray(window) ? window.map(Number) : [];
  if (least !== undefined && most !== undefined && most < least)
    problems.push({
      path: [...path, "medium", "window"],
      message: `expected the smaller window first, got ${shown(window)}`,
    });
  return problems;
}

function backgroundProblems(link: unknown, above: Path): Problem[] {
  const list = get(link, ["background"]);
  const ends = get(link, ["between"]);
  return (Array.isArray(list) ? list : []).flatMap((one: unknown, i): Problem[] => {
    const path = [...above, "background", i];
    const field = (name: string): unknown => get(one, [name]);
    const pattern = field("pattern");
    const problems: Problem[] = [];
    const { from } = isFields(one) ? one : {};
    if (typeof from === "string" && Array.isArray(ends) && !ends.includes(from))
      problems.push({ path: [...path, "from"], message: `expected ${ends.join(" or ")}, got ${shown(from)}` });
    const wanted = pattern === "download" ? [] : pattern === "on-off" ? ["rate", "on", "off"] : ["rate"];
    for (const name of isFields(one) ? wanted.filter((name) => field(name) === undefined) : [])
      problems.push({ path, message: `expected \`${name}\` beside \`pattern: ${String(pattern)}\`` });
    for (const name of ["rate", "on", "off", "transfer", "pause"])
      if (field(name) !== undefined && typeof pattern === "string" && !takes[pattern]?.includes(name))
        problems.push({ path: [...path, name], message: `expected nothing beside \`pattern: ${pattern}\``, key: true });
    return problems;
  });
}

const takes: Record<string, readonly string[]> = {
  constant: ["rate"],
  poisson: ["rate"],
  "on-off": ["rate", "on", "off"],
  download: ["transfer", "pause"],
};
