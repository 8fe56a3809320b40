/** @file What designs were simulated with, kept with a result as plain data: enough to simulate any of them again, anywhere. */
import { costTable, type Cost, type Costs, type CostTable } from "../cost/index.ts";
import type { Study } from "../study/index.ts";
import { designName, type Design } from "./design.ts";

export interface Basis {
  /** Test images: frame i shows image i modulo their number. */
  images: number;
  /** What work costs on the machine that measured, by its name. */
  costs: Record<string, SavedCost>;
  /** What hosts' own profiles say of that work, by host. */
  profiles?: Record<string, Record<string, SavedCost>>;
  /** Bytes of the answer to each image on its way. */
  answers: PerImage;
  /** By `basisName`, whatever the transport. */
  designs: Record<string, DesignBasis>;
  /** How right the unchanged model's answer to each image is, from 0 to 1; absent where the task's first metric is no mean over images. */
  right?: PerImage;
}

export interface DesignBasis {
  /** Payload bytes of each image's message, where it crosses first; absent where nothing is sent. */
  bytes?: PerImage;
  /** The same of the crossings behind that; absent: there are none. */
  behind?: PerImage[];
  /** Images of which its exit is sure. */
  taken?: number[];
  /** Images to which its answer, without loss, is righter or less right than the unchanged model's, and how right it is. */
  differs?: { images: number[]; right: number[] };
}

/** A cost as JSON has it. */
export type SavedCost = Omit<Cost, "samples"> & { samples?: number[] };

/** A number for each image; one where it is the same for all. */
export type PerImage = number | number[];

/** What a design is called here: by its name, with the order in which its values go where that is not the tensors' own. */
export function basisName(design: Design): string {
  const order = design.crossings.find(({ codec }) => codec.order !== undefined)?.codec.order;
  return [designName(design), order].filter(Boolean).join(" ");
}

export function perImage(values: ArrayLike<number>): PerImage {
  const [first = 0] = [values[0]];
  const all = Array.from(values);
  return all.every((value) => value === first) ? first : all;
}

export function ofImages(values: PerImage, images: number): number[] {
  return typeof values === "number" ? Array.from({ length: images }, () => values) : values;
}

export function savedCosts(costs: Costs): Record<string, SavedCost> {
  return Object.fromEntries(
    Object.entries(costs).map(([work, { samples, ...cost }]) => [
      work,
      { ...cost, ...(samples && { samples: [...samples] }) },
    ]),
  );
}

const opened = (costs: Record<string, SavedCost>): Costs =>
  Object.fromEntries(
    Object.entries(costs).map(([work, { samples, ...cost }]) => [
      work,
      { ...cost, ...(samples && { samples: Float64Array.from(samples) }) },
    ]),
  );

/** What work costs on the hosts of a study, which may be others than those that were measured for: their speeds count. */
export function costsOf(
  { costs, profiles = {} }: Pick<Basis, "costs" | "profiles">,
  { hosts }: Pick<Study, "hosts">,
): CostTable {
  const speeds = Object.entries(hosts).map(([name, { speed, encode, decode }]) => [
    name,
    {
      speed,
      ...(encode !== undefined && { encode }),
      ...(decode !== undefined && { decode }),
      ...(Object.hasOwn(profiles, name) && { profile: { works: opened(profiles[name]!) } }),
    },
  ]);
  return costTable(Object.fromEntries(speeds), opened(costs));
}

/** How right a design's answers are without loss, by image; undefined where that is not known. */
export function rightOf(
  { images, right }: Pick<Basis, "images" | "right">,
  { differs }: DesignBasis,
): number[] | undefined {
  if (right === undefined || !differs) return undefined;
  const found = [...ofImages(right, images)];
  for (const [i, image] of differs.images.entries()) found[image] = differs.right[i]!;
  return found;
}
