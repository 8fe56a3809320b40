/** @file What no field can know alone: names that must exist, things that must fit together, files that must be there. */
import type { ModelOptions } from "@split-et-impera/core/onnx";
import { lossProblem } from "@split-et-impera/core/network";
import { parseRequirement } from "@split-et-impera/core/study";
import { parseShare, shown } from "@split-et-impera/core/units";
import { access } from "node:fs/promises";
import type { DataFormat } from "../data/format.ts";
import { formatNames, formatRow } from "../data/formats/index.ts";
import { pixelScaleProblem } from "../data/normalise.ts";
import { nearest } from "../nearest.ts";
import { hostProblems, priceProblems } from "./hosts.ts";
import { linkProblems } from "./link-problems.ts";
import { fromStudy } from "./paths.ts";
import type { Problem } from "./problems.ts";
import { get, isFields } from "./raw.ts";

/** The row of the format that the study names; undefined where there is none of that name. */
const rowOf = (format: unknown): DataFormat | undefined =>
  formatNames.map((name) => (name === format ? formatRow(name) : undefined)).find(Boolean);

/** Formats whose pictures may be of any size. */
const fittedFormats = formatNames.filter((name) => rowOf(name)?.fitted);

/** Paths given on the command line in place of the study's, relative to the working directory. */
export interface Overrides {
  model?: string;
  /** What flags say of the model's inputs, beside what the study says. */
  modelOptions?: ModelOptions;
  data?: string;
}

/**
 * Looks at the raw values, so that it finds its problems even where a field elsewhere is wrong; what is not of the
 * right type is passed over here, because the definition has said so already.
 */
export function crossProblems(raw: unknown): Problem[] {
  return [
    ...dataProblems(raw),
    ...hostProblems(raw),
    ...priceProblems(raw),
    ...linkProblems(raw),
    ...requirementProblems(raw),
    ...exploreProblems(raw),
  ];
}

/** Normalisations of another scale, and pictures that are fitted in two ways. */
function dataProblems(raw: unknown): Problem[] {
  const [format, normalise] = [get(raw, ["data", "format"]), get(raw, ["data", "normalise"])];
  const problems: Problem[] = [];
  const row = rowOf(format);
  const numbers = (field: string): number[] =>
    [get(normalise, [field])].flat().filter((value) => typeof value === "number");
  const wrong = row?.pictures ? pixelScaleProblem({ mean: numbers("mean"), std: numbers("std") }) : undefined;
  if (wrong) problems.push({ path: ["data", "normalise", wrong.field], message: wrong.message });
  const fits = ["resize", "crop", "letterbox"].filter((field) => get(raw, ["data", field]) !== undefined);
  if (fits.includes("letterbox") && fits.length > 1) {
    const message = `expected no ${fits[0]} beside it: letterboxing brings the whole picture to its size`;
    problems.push({ path: ["data", "letterbox"], message, key: true });
  }
  if (row && !row.fitted && fits.length > 0) {
    const message = `expected it only with pictures of any size (format: ${fittedFormats.join(", ")})`;
    problems.push({ path: ["data", fits[0]!], message, key: true });
  }
  return problems;
}

function requirementProblems(raw: unknown): Problem[] {
  const requirements = get(raw, ["requirements"]);
  const hosts = get(raw, ["hosts"]);
  if (!Array.isArray(requirements)) return [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  requirements.forEach((text: unknown, i) => {
    const requirement = parseRequirement(text);
    if (typeof requirement === "string") return;
    const path = ["requirements", i];
    const { metric, statistic, host } = requirement;
    if (host !== undefined && isFields(hosts) && !Object.hasOwn(hosts, host)) {
      const names = Object.keys(hosts);
      const hint = nearest(host, names) || `; the hosts are ${names.join(", ")}`;
      problems.push({ path, message: `expected the name of a host after "on", got ${shown(host)}${hint}` });
    }
    const key = `${metric} ${statistic ?? ""} ${host ?? ""}`;
    if (seen.has(key))
      problems.push({ path, message: `expected one bound on ${key.trim()}, got another one: ${shown(text)}` });
    seen.add(key);
  });
  return problems;
}

function exploreProblems(raw: unknown): Problem[] {
  return [...splitProblems(raw), ...exitProblems(raw), ...spaceProblems(raw)];
}

/** Exits answer where frames are captured, at cuts that somebody names or chooses. */
function exitProblems(raw: unknown): Problem[] {
  const exits = get(raw, ["explore", "exits"]);
  if (!isFields(exits)) return [];
  const problems: Problem[] = [];
  const at = get(exits, ["at"]);
  const again = Array.isArray(at) ? at.findIndex((one, i) => at.indexOf(one) < i) : -1;
  if (again >= 0) {
    const message = `expected different tensors, got ${shown((at as unknown[])[again])} twice`;
    problems.push({ path: ["explore", "exits", "at", again], message });
  }
  const scenarios = get(raw, ["explore", "scenarios"]);
  if (at === undefined && Array.isArray(scenarios) && !scenarios.includes("SC")) {
    const message = "expected the tensors that exits answer from, since without SC no cuts are chosen";
    problems.push({ path: ["explore", "exits", "at"], message });
  }
  const [host, due] = [get(raw, ["frames", "host"]), get(raw, ["frames", "answer", "host"])];
  const hosts = get(raw, ["hosts"]);
  const capturing = host ?? (isFields(hosts) ? Object.keys(hosts)[0] : undefined);
  if (due !== undefined && capturing !== undefined && due !== capturing) {
    const message = `expected answers to be due on ${shown(capturing)}, which captures and where exits answer, got frames.answer.host ${shown(due)}`;
    problems.push({ path: ["explore", "exits"], message, key: true });
  }
  return problems;
}

/** Hosts that designs may use: names that must exist and leave something to try, and cuts for which there are too few. */
function spaceProblems(raw: unknown): Problem[] {
  const hosts = get(raw, ["hosts"]);
  if (!isFields(hosts)) return [];
  const names = Object.keys(hosts);
  const problems: Problem[] = [];
  const cuts = get(raw, ["explore", "cuts"]);
  if (typeof cuts === "number" && names.length >= 2 && cuts > names.length - 1) {
    const message = `expected at most ${names.length - 1}, one fewer than there are hosts, got ${cuts}`;
    problems.push({ path: ["explore", "cuts"], message });
  }
  const asked = get(raw, ["explore", "hosts"]);
  if (!Array.isArray(asked)) return problems;
  for (const [i, name] of (asked as unknown[]).entries()) {
    if (typeof name !== "string" || names.includes(name)) continue;
    const hint = nearest(name, names) || `; the hosts are ${names.join(", ")}`;
    problems.push({ path: ["explore", "hosts", i], message: `expected the name of a host, got ${shown(name)}${hint}` });
  }
  return problems.length > 0 ? problems : [...problems, ...nothingTried(raw, names, asked)];
}

/** Hosts and scenarios that leave no design. */
function nothingTried(raw: unknown, names: readonly string[], asked: readonly unknown[]): Problem[] {
  const capturing = get(raw, ["frames", "host"]) ?? names[0];
  const scenarios = get(raw, ["explore", "scenarios"]) ?? ["LC", "RC", "SC"];
  if (!Array.isArray(scenarios)) return [];
  const others = asked.filter((name) => name !== capturing);
  const here = others.length < asked.length;
  const possible = [
    ...(here ? ["LC"] : []),
    ...(others.length > 0 ? ["RC"] : []),
    ...(here && others.length > 0 ? ["SC"] : []),
  ];
  if (scenarios.some((one) => possible.includes(String(one)))) return [];
  const message = `expected hosts that leave a design of ${scenarios.join(", ")}, got ${asked.join(", ")}, with which there is only ${possible.join(", ")}; ${shown(capturing)} captures`;
  return [{ path: ["explore", "hosts"], message }];
}

function splitProblems(raw: unknown): Problem[] {
  const bottlenecks = get(raw, ["explore", "bottlenecks"]);
  const asked = Array.isArray(bottlenecks) ? bottlenecks : [];
  const compressionOf = (one: unknown): unknown => get(one, ["compression"]) ?? 64;
  const isLossy = (one: unknown): boolean => get(one, ["lost"]) !== undefined;
  // Two layers of one shape are timed as one: of the same compression there may be one that is trained for losses.
  const alike = (a: unknown, b: unknown): boolean =>
    compressionOf(a) === compressionOf(b) &&
    (isLossy(a) === isLossy(b) || [a, b].some((one) => get(one, ["kind"]) === "pca"));
  const again = asked.findIndex((one, i) => asked.slice(0, i).some((before) => alike(one, before)));
  if (again >= 0) {
    const path = ["explore", "bottlenecks", again];
    const message = `expected bottlenecks of different compressions, got ${shown(compressionOf(asked[again]))} twice`;
    return [{ path, message }];
  }
  const lossy = asked.flatMap((one, i) => lossyProblems(one, ["explore", "bottlenecks", i]));
  if (lossy.length > 0) return lossy;
  const none = Array.isArray(bottlenecks) && bottlenecks.length === 0;
  if (!none || get(raw, ["explore", "plain"]) !== false) return [];
  return [
    {
      path: ["explore", "plain"],
      message: "expected `plain: true` or some bottlenecks, got neither: no split would be tried",
    },
  ];
}

/** What bursts cannot give, or are said of nothing. */
function lossyProblems(bottleneck: unknown, path: Problem["path"]): Problem[] {
  const [lost, bursts = [1, 3]] = [get(bottleneck, ["lost"]), get(bottleneck, ["bursts"])];
  if (lost === undefined) {
    const message = "expected `lost` beside it, whose losses it is about";
    return get(bottleneck, ["bursts"]) === undefined ? [] : [{ path: [...path, "bursts"], message, key: true }];
  }
  for (const share of [lost].flat()) {
    const rate = parseShare(share);
    if (typeof rate === "string") continue;
    for (const burst of [bursts].flat()) {
      const message = typeof burst === "number" ? lossProblem({ rate, burst }) : undefined;
      if (message !== undefined) return [{ path: [...path, "lost"], message }];
    }
  }
  return [];
}

/** Files that the study or the flags name and that are not there. */
export async function fileProblems(raw: unknown, file: string, overrides: Overrides): Promise<Problem[]> {
  const format = get(raw, ["data", "format"]);
  const problems = [await modelProblem(raw, file, overrides), await dataProblem(raw, file, overrides, format)];
  const hosts = get(raw, ["hosts"]);
  for (const [name, host] of isFields(hosts) ? Object.entries(hosts) : []) {
    const profile = get(host, ["profile"]);
    if (typeof profile !== "string") continue;
    problems.push(await missing({ path: ["hosts", name, "profile"] }, fromStudy(file, profile), "a saved profile"));
  }
  const links = get(raw, ["links"]);
  for (const i of Array.isArray(links) ? links.keys() : []) {
    for (const way of [["rate"], ["back", "rate"]]) {
      const path = ["links", i, ...way, "trace"];
      const trace = get(raw, path);
      if (typeof trace === "string") problems.push(await missing({ path }, fromStudy(file, trace), "a trace of rates"));
    }
  }
  return problems.flatMap((problem) => problem ?? []);
}

async function modelProblem(raw: unknown, file: string, { model }: Overrides): Promise<Problem | undefined> {
  if (model !== undefined) return missing({ path: [], flag: "--model" }, model, "an ONNX model");
  const given = get(raw, ["model"]);
  const path = isFields(given) ? ["model", "path"] : ["model"];
  const own = get(raw, path);
  if (own === undefined && isFields(raw))
    return { path, message: "expected the path of an ONNX model, here or as --model, got nothing" };
  if (typeof own === "string") return missing({ path }, fromStudy(file, own), "an ONNX model (or give --model)");
  for (const [i, one] of Array.isArray(own) ? own.entries() : []) {
    const at = [...path, i, ...(isFields(one) ? ["path"] : [])];
    const part: unknown = isFields(one) ? get(one, ["path"]) : one;
    const problem = typeof part === "string" && (await missing({ path: at }, fromStudy(file, part), "an ONNX model"));
    if (problem) return problem;
  }
  return undefined;
}

async function dataProblem(
  raw: unknown,
  file: string,
  { data }: Overrides,
  format: unknown,
): Promise<Problem | undefined> {
  const own = get(raw, ["data", "path"]);
  const row = rowOf(format);
  if (row?.generated) {
    if (data !== undefined)
      return {
        path: [],
        message: `expected no data with format: ${String(format)}, which is generated`,
        flag: "--data",
      };
    return own === undefined
      ? undefined
      : {
          path: ["data", "path"],
          message: `expected no path with format: ${String(format)}, got ${shown(own)}`,
          key: true,
        };
  }
  if (data !== undefined) return missing({ path: [], flag: "--data" }, data, "data");
  if (own === undefined && row) {
    return {
      path: ["data"],
      message: `expected a path with format: ${String(format)}, here or as --data, got nothing`,
    };
  }
  return typeof own === "string"
    ? missing({ path: ["data", "path"] }, fromStudy(file, own), "data (or give --data)")
    : undefined;
}

async function missing(
  where: Pick<Problem, "path" | "flag">,
  target: string,
  what: string,
): Promise<Problem | undefined> {
  try {
    await access(target);
    return undefined;
  } catch {
    return { ...where, message: `expected ${what}, but there is no ${target}` };
  }
}
