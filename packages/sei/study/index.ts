/** @file Study files: read, checked whole, and resolved. */
import { InputError } from "@split-et-impera/core/errors";
import type { LinkOptions, Study, StudyFlow, TaskOptions } from "@split-et-impera/core/study";
import { quantileRanks } from "@split-et-impera/core/statistics";
import { formatDuration, shown } from "@split-et-impera/core/units";
import { z } from "zod";
import { readAlphabet, withAlphabet } from "./alphabet.ts";
import { crossProblems, fileProblems, type Overrides } from "./cross.ts";
import { studyFile } from "./definition.ts";
import { flowProblems, flowsOf, isSystem, type RawFlow } from "./flows.ts";
import { aloneProblems, useProblems, type Use } from "./hosts.ts";
import { isFields } from "./raw.ts";
import { problemsOf, type Problem } from "./problems.ts";
import { linkProblems, triedLossProblems } from "./link-problems.ts";
import { withLinkProfiles } from "./link-profiles.ts";
import { checkTraceLength, readLinkTraces } from "./links.ts";
import { resolveStudy, sharedOf } from "./resolve.ts";
import { task } from "./task-fields.ts";
import { variantOf, variantsOf, varyProblems, type Settings } from "./vary.ts";
import { get } from "./raw.ts";
import { parseSource, readStudyText, type Path, type Place, type Source } from "./source.ts";

export type { Overrides } from "./cross.ts";
export { parseCompression, parseDatagram } from "./explore-fields.ts";
export { namedParts } from "./paths.ts";
export { settingsText, settingText, type Settings } from "./vary.ts";
export type { Use } from "./hosts.ts";

const mostProblems = 40;

/**
 * Reads a study (YAML or JSON), checks it whole and gives it resolved: SI units, defaults filled in, paths usable from
 * the working directory.
 * @param overrides paths that replace the study's, relative to the working directory
 * @param use the command that reads it: some take two hosts only
 * @throws InputError `ERR_STUDY_FILE` when there is no such text, `ERR_STUDY` with one line for every problem
 */
export async function readStudy(file: string, overrides: Overrides = {}, use: Use = "sei design"): Promise<Study> {
  const source = parseSource(await readStudyText(file));
  if (isVaried(source)) {
    const message = `expected one study; \`sei design\` and \`sei check\` take the variants of one`;
    refuse(file, linesOf(file, source, [{ path: ["vary"], message, key: true }]));
  }
  return studyOf(file, source, overrides, use);
}

const isVaried = ({ value, errors }: Source): boolean => errors.length === 0 && get(value, ["vary"]) !== undefined;

/** A study, or one of several that a file with `vary` stands for, with what it sets. */
export interface Variant {
  settings: Settings;
  study: Study;
}

/**
 * Every study that a file stands for: one, or with `vary` one for every combination of its values.
 * @throws InputError as {@link readStudy} does, of the first that is not sound
 */
export async function readVariants(
  file: string,
  overrides: Overrides = {},
  use: Use = "sei design",
): Promise<Variant[]> {
  const source = parseSource(await readStudyText(file));
  if (!isVaried(source)) return [{ settings: {}, study: await studyOf(file, source, overrides, use) }];
  refuse(
    file,
    linesOf(file, source, [
      ...problemsOf(varyFile, source.value),
      ...varyProblems(source.value),
      ...flagProblems(source.value, overrides),
    ]),
  );
  const found: Variant[] = [];
  for (const settings of variantsOf(source.value))
    found.push({ settings, study: await studyOf(file, variantOf(file, source, settings), overrides, use) });
  return found;
}

const varyFile = z.looseObject({ vary: studyFile.shape.vary });

/** A flag that would make all variants alike. */
function flagProblems(raw: unknown, { model, data }: Overrides): Problem[] {
  return Object.keys(get(raw, ["vary"]) as object).flatMap((field): Problem[] => {
    const flag = { model: model !== undefined && "--model", "data.path": data !== undefined && "--data" }[field];
    return flag ? [{ path: ["vary"], flag, message: `expected none, since the study varies ${field}` }] : [];
  });
}

async function studyOf(file: string, source: Source, overrides: Overrides, use: Use): Promise<Study> {
  refuse(file, await problemLines(file, source, overrides, use));
  const raw = withLinkProfiles(source.value) as Record<string, unknown>;
  if (isSystem(raw)) return readSystem(file, source, raw, overrides, use);
  const study = await resolved(file, raw, overrides, use);
  refuse(file, linesOf(file, source, triedLossProblems(study)));
  return study;
}

async function resolved(file: string, raw: unknown, overrides: Overrides, use: Use): Promise<Study> {
  const given = studyFile.parse(raw);
  const links = await readLinkTraces(file, given.links);
  checkTraceLength(file, links, given.frames);
  return withAlphabet(file, resolveStudy(file, given, links, overrides, use));
}

/** A study of several flows, each of which is a study by itself. */
async function readSystem(
  file: string,
  source: Source,
  raw: Record<string, unknown>,
  overrides: Overrides,
  use: Use,
): Promise<Study> {
  const { flows: _, ...own } = raw;
  const flows = flowsOf(raw);
  // A study of which every flow has a model needs none.
  const whole = await resolved(file, { ...own, model: raw["model"] ?? flows[0]!.raw["model"] }, overrides, use);
  const { copies, requirements } = sharedOf(studyFile.parse({ ...own, model: raw["model"] ?? flows[0]!.raw["model"] }));
  const seconds = whole.frames.count / whole.frames.rate;
  const studies: StudyFlow[] = [];
  const few: Problem[] = [];
  for (const { name, raw: alone } of flows) {
    const study = await resolved(file, alone, overrides, use);
    const count = Math.max(1, Math.ceil(seconds * study.frames.rate - 1e-9));
    const { phase = "spread" } = studyFile.parse(alone).frames;
    few.push(...fewFrames(name, study, count, whole.frames));
    studies.push({
      name,
      phase,
      study: { ...study, name: `${whole.name}: ${name}`, frames: { ...study.frames, count } },
    });
  }
  refuse(file, linesOf(file, source, few));
  return { ...whole, system: { flows: studies, copies, requirements, seconds } };
}

/**
 * The links of a study, or of a file that holds nothing else: what `sei probe` prints.
 * @throws InputError as {@link readStudy} does
 */
export async function readLinks(file: string): Promise<LinkOptions[]> {
  const source = parseSource(await readStudyText(file));
  const lines = source.errors.map(({ place, message }) => line(file, place, "", message));
  const whole = withLinkProfiles(source.value);
  const problems = lines.length > 0 ? [] : [...problemsOf(linksFile, whole), ...linkProblems(whole)];
  refuse(file, [...lines, ...linesOf(file, source, problems)]);
  return readLinkTraces(file, linksFile.parse(whole).links);
}

/**
 * What is said of a task outside a study: a word, or YAML with the fields that a study's task has. Paths are relative to
 * the working directory.
 * @throws InputError `ERR_USAGE` with what is wrong
 */
export async function parseTask(text: string): Promise<TaskOptions> {
  const source = parseSource(text);
  const lines = source.errors.map(({ message }) => message);
  const problems =
    lines.length > 0
      ? lines
      : problemsOf(task, source.value).map(
          ({ path, message }) => `${written(path)}${path.length > 0 ? ": " : ""}${message}`,
        );
  if (problems.length > 0) throw new InputError("ERR_USAGE", `--task: ${problems.join("; ")}`);
  return readAlphabet(".", task.parse(source.value));
}

const linksFile = z.looseObject({ links: studyFile.shape.links });

/** Throws what is wrong, if anything is. */
function refuse(file: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  const [first] = lines;
  const shownLines = lines.slice(0, mostProblems);
  if (lines.length > mostProblems) shownLines.push(`and ${lines.length - mostProblems} more`);
  const message = lines.length === 1 ? first! : [`${lines.length} problems in ${file}`, ...shownLines].join("\n");
  throw new InputError("ERR_STUDY", message);
}

async function problemLines(file: string, source: Source, overrides: Overrides, use: Use): Promise<string[]> {
  if (source.errors.length > 0) return source.errors.map(({ place, message }) => line(file, place, "", message));
  const value = withLinkProfiles(source.value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [
      line(
        file,
        source.locate([]),
        "",
        `expected the fields of a study (model, data, hosts, ...), got ${shown(value)}`,
      ),
    ];
  }
  const own = [...problemsOf(studyFile, value), ...crossProblems(value), ...flowProblems(value)];
  if (!isSystem(value)) {
    const more = [...useProblems(value, use), ...(await fileProblems(value, file, overrides))];
    return linesOf(file, source, [...own, ...more]);
  }
  const alone = aloneProblems(value, use);
  if (own.length > 0 || alone.length > 0) return linesOf(file, source, [...own, ...alone]);
  const flows = flowsOf(value as Record<string, unknown>);
  const found: { flow: RawFlow; problem: Problem }[] = [];
  for (const flow of flows) {
    const problems = [
      ...problemsOf(studyFile, flow.raw),
      ...crossProblems(flow.raw),
      ...useProblems(flow.raw, use),
      ...(await fileProblems(flow.raw, file, overrides)),
    ];
    found.push(...problems.map((problem) => ({ flow, problem: inFlow(flow, problem) })));
  }
  // What only some flows have against a field of the study's is about the hosts that these may use.
  const same = (a: Problem, b: Problem): boolean => written(a.path) === written(b.path) && a.message === b.message;
  const named = found.map(({ flow, problem }): Problem => {
    const having = found.filter((other) => same(other.problem, problem)).length;
    const told = problem.path[0] === "flows" || problem.flag !== undefined || problem.message.startsWith("flow ");
    return told || having >= flows.length ? problem : { ...problem, message: `flow ${flow.name}: ${problem.message}` };
  });
  return [...new Set(linesOf(file, source, named))];
}

/** Frames so few that no simulation can show a percentile of latency to be kept, at the number that the study says. */
function fewFrames(flow: string, { requirements }: Study, count: number, whole: Study["frames"]): Problem[] {
  return requirements.flatMap(({ statistic, text }): Problem[] => {
    const share = statistic === "p95" ? 0.95 : statistic === "p99" ? 0.99 : undefined;
    if (share === undefined || quantileRanks(count, share).upper <= count) return [];
    let enough = count;
    while (quantileRanks(enough, share).upper > enough) enough++;
    const message =
      `flow ${flow}: expected ${enough} frames of each camera or more to be sure of \`${text}\`, got ${count} in ` +
      `${formatDuration(whole.count / whole.rate)}; set frames.count to ${Math.ceil((whole.count * enough) / count)}, or bound another statistic`;
    return [{ path: ["frames", "count"], message }];
  });
}

/** Where a flow's problem stands in the study: with the flow where it says the field itself. */
function inFlow({ name, own }: RawFlow, problem: Problem): Problem {
  const [field, inner] = problem.path;
  if (field === undefined || problem.flag !== undefined) return problem;
  const said = own[String(field)];
  const merged = field === "frames" || field === "explore";
  const here = merged
    ? isFields(said) && Object.hasOwn(said, String(inner))
    : said !== undefined && field !== "requirements";
  if (here) return { ...problem, path: ["flows", name, ...problem.path] };
  // Hosts, links and requirements of a flow are in another order than the study's.
  const listed = field === "links" || field === "requirements";
  return listed ? { ...problem, path: [field], message: `flow ${name}: ${problem.message}` } : problem;
}

/**
 * A problem that was found in model or data and begins with the study's field that is at fault (`explore.candidates: ...`, behind the flow's
 * name where it is one's), with the place of that field before it. Any other text comes back as it is.
 */
export async function placed(file: string, text: string): Promise<string> {
  const [, flow = "", field, message] = /^(flow [^:]+: )?([\w-]+(?:\.[\w-]+|\[\d+\])*): (.+)$/s.exec(text) ?? [];
  if (field === undefined) return text;
  const path = [...field.matchAll(/[\w-]+/g)].map(([name]) => (/^\d+$/.test(name) ? Number(name) : name));
  const source = parseSource(await readStudyText(file));
  const own = flow === "" ? path : ["flows", flow.slice("flow ".length, -": ".length), ...path];
  const [at] = [own, path].filter((one) => get(source.value, one) !== undefined);
  return at ? line(file, source.locate(at), written(at), `${at === own ? "" : flow}${message}`) : text;
}

function linesOf(file: string, source: Source, problems: readonly Problem[]): string[] {
  return problems
    .map((problem) => ({ problem, place: placeOf(source, problem) }))
    .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
    .map(({ problem: { path, message, flag }, place }) =>
      flag === undefined ? line(file, place, written(path), message) : `${flag}: ${message}`,
    );
}

function placeOf(source: Source, { path, key }: Problem): Place {
  return source.locate(path, key ? "key" : "value");
}

function line(file: string, { line: row, column }: Place, field: string, message: string): string {
  return `${file}:${row}:${column} ${field}${field && ": "}${message}`;
}

/** `links[0].loss` */
function written(path: Path): string {
  return path.map((name, i) => (typeof name === "number" ? `[${name}]` : `${i > 0 ? "." : ""}${name}`)).join("");
}
