/** @file A parsed study file to the study that everything else reads: names filled in, paths made usable. */
import type { Requirement, Study } from "@split-et-impera/core/design";
import { internal } from "@split-et-impera/core/errors";
import { formatBytes } from "@split-et-impera/core/units";
import type { Overrides } from "./cross.ts";
import type { StudyFile } from "./definition.ts";
import { fromStudy, nameOf } from "./paths.ts";

/** Fills in what depends on other fields. The file has been checked: what is missing here is our mistake. */
export function resolveStudy(file: string, given: StudyFile, overrides: Overrides): Study {
  const [first] = Object.keys(given.hosts);
  const model = overrides.model ?? (given.model === undefined ? undefined : fromStudy(file, given.model));
  if (first === undefined || model === undefined) throw internal("a study without hosts or model passed its checks");
  const capturing = given.frames.host ?? first;
  const { path, ...data } = given.data;
  const source = overrides.data ?? (path === undefined ? undefined : fromStudy(file, path));
  const { bottlenecks, ...explore } = given.explore;
  return {
    name: given.name ?? nameOf(file),
    model,
    data: { ...data, ...(source !== undefined && { path: source }) },
    hosts: Object.fromEntries(
      Object.entries(given.hosts).map(([name, { speed = 1, profile, memory }]) => [
        name,
        {
          speed,
          ...(profile !== undefined && { profile: fromStudy(file, profile) }),
          ...(memory !== undefined && { memory }),
        },
      ]),
    ),
    links: given.links.map((link) => ({
      ...link,
      loss: typeof link.loss === "number" ? { rate: link.loss, burst: 1 } : link.loss,
    })),
    frames: {
      ...given.frames,
      host: capturing,
      answer: { host: given.frames.answer.host ?? capturing, bytes: given.frames.answer.bytes },
    },
    requirements: [
      ...given.requirements.map((one) => (one.metric === "memory" ? { host: capturing, ...one } : one)),
      ...roomOnHosts(given, capturing),
    ],
    explore: {
      ...explore,
      bottlenecks: bottlenecks.map(({ compression, epochs, batch, augment, "learning-rate": learningRate }) => ({
        compression,
        epochs,
        learningRate,
        batch,
        augment,
      })),
    },
    objective: given.objective,
    seed: given.seed,
  };
}

/** A host's memory bounds what may run on it, exactly as a requirement would; a stricter one that is stated replaces it. */
function roomOnHosts({ hosts, requirements }: StudyFile, capturing: string): Requirement[] {
  return Object.entries(hosts).flatMap(([host, { memory }]): Requirement[] => {
    const stated = requirements.find((one) => one.metric === "memory" && (one.host ?? capturing) === host);
    if (memory === undefined || (stated && stated.value <= memory)) return [];
    const text = `memory on ${host} <= ${formatBytes(memory, 9)}`;
    return [{ text, metric: "memory", host, operator: "<=", value: memory }];
  });
}
