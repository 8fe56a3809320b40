/** @file How a model that carries state can be sent to: what is lost of one frame would be missing from all that follow. */
import { InputError } from "@split-et-impera/core/errors";
import type { Study } from "@split-et-impera/core/study";
import type { Samples } from "../../data/index.ts";

/**
 * What is to be said of a study's transports where its samples are a stream.
 * @throws InputError `ERR_STUDY` where there is no transport that delivers everything
 */
export function streamNotes({ explore: { transports } }: Study, { stream }: Pick<Samples, "stream">): string[] {
  if (!stream) return [];
  if (!transports.includes("tcp"))
    throw new InputError(
      "ERR_STUDY",
      "explore.transports: expected tcp for a model that carries state, which would lack what is lost; got udp alone",
    );
  if (!transports.includes("udp")) return [];
  return ["udp is left out: what is lost of a frame would be missing from the state that goes on to the next"];
}
