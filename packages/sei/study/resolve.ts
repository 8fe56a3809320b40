/** @file A parsed study file to the study that everything else reads: names filled in, paths made usable. */
import {
  type BottleneckOptions,
  lossAlong,
  pathBetween,
  type LinkOptions,
  type ModelSource,
  type OperatorChoice,
  type PlacingOptions,
  type Requirement,
  type Study,
  type SystemOptions,
  type WholeRequirement,
} from "@split-et-impera/core/study";
import { datagramPayload } from "@split-et-impera/core/design";
import { withModelOptions } from "@split-et-impera/core/onnx";
import { internal } from "@split-et-impera/core/errors";
import {
  parseProtection,
  shortestOf,
  usualConcealment,
  usualOrder,
  type ProtectionSpec,
} from "@split-et-impera/core/wire";
import { formatBytes } from "@split-et-impera/core/units";
import type { Overrides } from "./cross.ts";
import type { StudyFile } from "./definition.ts";
import { searched } from "./explore-fields.ts";
import type { Use } from "./hosts.ts";
import { fromStudy, namedParts, nameOf } from "./paths.ts";

/**
 * Fills in what depends on other fields. The file has been checked: what is missing here is our mistake.
 * @param links as their files make them
 */
export function resolveStudy(
  file: string,
  given: StudyFile,
  links: LinkOptions[],
  overrides: Overrides,
  use: Use,
): Study {
  const [first] = Object.keys(given.hosts);
  const { path: own, ...said } = given.model ?? {};
  const model = overrides.model ?? (own === undefined ? undefined : sourceOf(file, own));
  const modelOptions = withModelOptions(said, overrides.modelOptions);
  if (first === undefined || model === undefined) throw internal("a study without hosts or model passed its checks");
  const capturing = given.frames.host ?? first;
  const { path, resize, crop, letterbox, classes, ...data } = given.data;
  const fit = { ...(resize && { resize }), ...(crop && { crop }), ...(letterbox && { letterbox }) };
  const source = overrides.data ?? (path === undefined ? undefined : fromStudy(file, path));
  const { bottlenecks, inputs, protections, datagrams, resend, orders, concealments, exits, codecs, race, ...explore } =
    given.explore;
  const tried = protectionsOf(protections, given.hosts, links, capturing);
  const { answer, phase: _, ...frames } = given.frames;
  const bounds = given.requirements.filter(boundsDesign);
  return {
    name: given.name ?? nameOf(file),
    model,
    ...(Object.keys(modelOptions).length > 0 && { modelOptions }),
    data: {
      ...data,
      ...(source !== undefined && { path: source }),
      ...(classes && { classes }),
      ...(Object.keys(fit).length > 0 && { fit }),
    },
    ...(given.task && { task: given.task }),
    hosts: Object.fromEntries(
      Object.entries(given.hosts).map(([name, { speed = 1, profile, memory, encode, decode, cores, batch, keep }]) => [
        name,
        {
          speed,
          ...(profile !== undefined && { profile: fromStudy(file, profile) }),
          ...(memory !== undefined && { memory }),
          ...(keep.length > 0 && { keep }),
          ...(encode !== undefined && { encode }),
          ...(decode !== undefined && { decode }),
          ...(cores !== undefined && { cores }),
          ...(batch && { batch }),
        },
      ]),
    ),
    links,
    frames: {
      ...frames,
      host: capturing,
      answer: {
        host: answer.host ?? capturing,
        bytes: answer.bytes,
        ...(answer.protection !== undefined && {
          protection: protectionsOf([answer.protection], given.hosts, links, capturing)[0]!,
        }),
      },
    },
    requirements: [
      ...bounds.map((one) => (one.metric === "memory" ? { host: capturing, ...one } : one)),
      ...roomOnHosts(given.hosts, bounds, capturing),
    ],
    explore: {
      ...explore,
      ...(race && { race }),
      ...codecsAsked(codecs),
      ...(inputs && { inputs }),
      ...(resend.includes(true) && { resend }),
      ...(exits && { exits: exitsOf(exits) }),
      ...(datagrams.some((bytes) => bytes !== datagramPayload) && { datagrams }),
      ...(tried.some(({ kind }) => kind !== "none") && { protections: tried }),
      ...(orders.some((order) => order !== usualOrder) && { orders }),
      ...(concealments.some((kind) => kind !== usualConcealment) && { concealments }),
      bottlenecks: bottlenecks.map((one) => bottleneckOf(one, codecsAsked(codecs).codecs, datagrams)),
    },
    objective: given.objective,
    seed: given.seed,
    ...((use === "any" || use === "sei place") && { placing: placingOf(given) }),
  };
}

function bottleneckOf(
  given: StudyFile["explore"]["bottlenecks"][number],
  kinds: Study["explore"]["codecs"],
  datagrams: readonly number[],
): BottleneckOptions {
  if (given.kind === "pca") return given;
  const { compression, epochs, batch, augment, "learning-rate": learningRate, lost, bursts = [1, 3] } = given;
  const own = { compression, epochs, learningRate, batch, augment };
  if (!lost) return own;
  return { ...own, lossy: { codec: shortestOf(kinds), losses: lost, bursts, payload: Math.min(...datagrams) } };
}

/** How many there are of each host, and what bounds all flows together. */
export function sharedOf({ hosts, requirements }: StudyFile): Pick<SystemOptions, "copies" | "requirements"> {
  return {
    copies: Object.fromEntries(
      Object.entries(hosts).flatMap(([name, { copies }]) => (copies === undefined ? [] : [[name, copies]])),
    ),
    requirements: requirements.filter((one): one is WholeRequirement => !boundsDesign(one)),
  };
}

/** Those of the whole system are kept elsewhere. */
const boundsDesign = (one: StudyFile["requirements"][number]): one is Requirement => !("of" in one);

function exitsOf({
  at,
  "learning-rate": learningRate,
  ...exits
}: NonNullable<StudyFile["explore"]["exits"]>): NonNullable<Study["explore"]["exits"]> {
  return { ...(at && { at }), ...exits, learningRate };
}

/** What is added to datagrams, with the losses of the way from the capturing host to the last one; nothing where nothing is added. */
function protectionsOf(
  asked: StudyFile["explore"]["protections"],
  hosts: StudyFile["hosts"],
  links: LinkOptions[],
  capturing: string,
): ProtectionSpec[] {
  const nothing = asked.every((one) => one === "none" || (typeof one === "object" && one.kind === "none"));
  if (nothing) return asked.map(() => ({ kind: "none" }));
  const last = Object.keys(hosts).findLast((name) => name !== capturing) ?? capturing;
  const loss = lossAlong(pathBetween({ links }, capturing, last));
  return asked.map((one) => {
    const spec = parseProtection(one, loss);
    if (typeof spec === "string") throw internal(`a protection that passed its checks: ${spec}`);
    return spec;
  });
}

/** The files of the study's model, for use from the working directory. */
function sourceOf(file: string, given: NonNullable<NonNullable<StudyFile["model"]>["path"]>): ModelSource {
  if (typeof given === "string") return fromStudy(file, given);
  return namedParts(given.map((part) => ({ ...part, path: fromStudy(file, part.path) })));
}

/** What things cost beside time, and what has to run where. */
function placingOf({ hosts, links }: StudyFile): PlacingOptions {
  const all = [...Object.values(hosts), ...links];
  return {
    currency: all.find(({ price }) => price && price.currency !== "")?.price?.currency ?? "",
    hosts: Object.fromEntries(
      Object.entries(hosts).map(([name, { power, radio, price, keep, only, never }]) => [
        name,
        {
          ...(power !== undefined && { power }),
          ...(radio !== undefined && { radio }),
          ...(price && { price: price.value }),
          keep,
          only: only.map(choiceOf),
          never: never.map(choiceOf),
        },
      ]),
    ),
    links: links.map(({ energy, price }) => ({
      ...(energy !== undefined && { energy }),
      ...(price && { price: price.value }),
    })),
  };
}

function choiceOf(choice: StudyFile["hosts"][string]["only"][number]): OperatorChoice {
  if (typeof choice === "string") return choice;
  const { from, to } = choice;
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** A host's memory bounds what may run on it, exactly as a requirement would; a stricter one that is stated replaces it. */
function roomOnHosts(
  hosts: StudyFile["hosts"],
  requirements: readonly Requirement[],
  capturing: string,
): Requirement[] {
  return Object.entries(hosts).flatMap(([host, { memory }]): Requirement[] => {
    const stated = requirements.find((one) => one.metric === "memory" && (one.host ?? capturing) === host);
    if (memory === undefined || (stated && stated.value <= memory)) return [];
    const text = `memory on ${host} <= ${formatBytes(memory, 9)}`;
    return [{ text, metric: "memory", host, operator: "<=", value: memory }];
  });
}

/** A search stands beside codecs, by which cuts are priced before it is done. */
function codecsAsked(asked: StudyFile["explore"]["codecs"]): Pick<Study["explore"], "codecs" | "search"> {
  const named = asked.filter((codec) => codec !== searched);
  const codecs = named.length > 0 ? named : (["float32", "uint8"] as const);
  return { codecs: [...codecs], ...(named.length < asked.length && { search: true as const }) };
}
