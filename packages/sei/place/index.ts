/** @file Where the parts of a study's model run best, proved. */
import type { HostSpeed } from "@split-et-impera/core/compute";
import type { Study } from "@split-et-impera/core/design";
import { readProfile } from "../compute/index.ts";
import { openData } from "../data/index.ts";
import { readModelFile } from "../model/index.ts";
import { instanceOf } from "./instance.ts";
import { measurePieces, pieceSeconds, type Measured } from "./measure.ts";
import { solveLatency, solveThroughput, type Placed } from "./solve.ts";

export type { Placed, PlacedPart, Stretch } from "./solve.ts";

/** Bytes on the wire per byte of a float32 tensor. */
export const codecs = { float32: 1, float16: 1 / 2, uint8: 1 / 4 };

export interface PlaceOptions {
  objective: "latency" | "throughput";
  codec: keyof typeof codecs;
  /** Seconds to search at most, for throughput. */
  seconds: number;
  signal: AbortSignal;
  update(status: string): void;
}

export interface StudyPlacement extends Placed {
  /** What a host's memory has room for, where that is not all. */
  room: Record<string, string>;
  measured: Pick<Measured, "pieces" | "whole" | "sum" | "ratio">;
}

/** Measures a study's model on this machine and places it on the study's hosts at the proved optimum. */
export async function placeStudy(study: Study, options: PlaceOptions): Promise<StudyPlacement> {
  const { model, sha256 } = await readModelFile(study.model);
  const data = await openData(study.data, "test");
  const measured = await measurePieces(model, shapeFor(model, data.batch([0]).dims), options.update, options.signal);
  const hosts: Record<string, HostSpeed> = {};
  for (const [name, { speed, profile }] of Object.entries(study.hosts))
    hosts[name] = { speed, ...(profile !== undefined && { profile: await readProfile(profile, sha256) }) };
  const instance = instanceOf({
    study,
    pieces: measured.pieces,
    seconds: Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, pieceSeconds(host, measured)])),
    // Pictures are sent as their pixels, a byte for each; other data as the float32 that they are.
    inputBytes: measured.inputValues * (data.image ? 1 : 4),
    codec: codecs[options.codec],
    memory: measured.memory,
  });
  const given = {
    rates: instance.prices.hops.map((_, h) => {
      const [a, b] = [instance.hosts[h]!, instance.hosts[h + 1]!];
      return study.links.find(({ between }) => between.includes(a) && between.includes(b))!.rate;
    }),
    speeds: instance.hosts.map((host) => study.hosts[host]!.speed),
  };
  const placed =
    options.objective === "latency" ? solveLatency(instance, given) : solveThroughput(instance, options.seconds);
  const { pieces, whole, sum, ratio } = measured;
  return { ...placed, room: instance.room, measured: { pieces, whole, sum, ratio } };
}

/** The data's shape where the model leaves its own open. */
function shapeFor(
  model: Awaited<ReturnType<typeof readModelFile>>["model"],
  dims: readonly number[],
): readonly number[] | undefined {
  const type = model.graph!.input[0]?.type?.value;
  const declared = type?.case === "tensorType" ? type.value.shape?.dim : undefined;
  const open = !declared || declared.slice(1).some(({ value }) => value.case !== "dimValue");
  return open ? dims.slice(1) : undefined;
}
