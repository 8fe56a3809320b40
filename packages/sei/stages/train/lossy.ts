/** @file Features as they arrive over a link that loses datagrams: what the part behind a cut learns from, that is to answer there. */
import { InputError } from "@split-et-impera/core/errors";
import { lostOf } from "@split-et-impera/core/network";
import { randomStream } from "@split-et-impera/core/random";
import type { Tensor } from "@split-et-impera/core/tensor";
import type { LossyLink } from "@split-et-impera/core/study";
import { usualOrder } from "@split-et-impera/core/wire";
import { bytesOfSamples, codedBy, createObserver, holed, type Coded } from "../design/sent.ts";

/** Features of samples, each with losses of its own that `seed` and the sample decide. */
export type Damage = (features: Tensor, indices: Uint32Array, seed: number) => Tensor;

/** @param seen features of training samples, by which codecs and means are calibrated */
export function lossyLink(tensor: string, options: LossyLink, seen: readonly Tensor[]): Damage {
  const observer = createObserver([tensor]);
  for (const part of seen) observer.add({ [tensor]: part }, part.dims[0]!);
  const sent = observer.result();
  if (sent[0]!.type !== "float32")
    throw new InputError(
      "ERR_TRAINING",
      `"${tensor}" holds ${sent[0]!.type}; expected float32, of which losses are learned`,
    );
  const coded = codedBy({ kind: options.codec, order: usualOrder }, sent, { datagrams: [options.payload] });
  return (features, indices, seed) => damaged(coded, tensor, options, { features, indices, seed });
}

function damaged(
  coded: Coded,
  tensor: string,
  { losses, bursts, payload }: LossyLink,
  { features, indices, seed }: { features: Tensor; indices: Uint32Array; seed: number },
): Tensor {
  const tensors = { [tensor]: features };
  const missing = bytesOfSamples(coded, tensors, indices.length).map((bytes, i) => {
    const random = randomStream(seed, `lost ${indices[i]}`);
    const link = { rate: losses[random.integer(losses.length)]!, burst: bursts[random.integer(bursts.length)]! };
    return lostOf({ bytes, payload, protection: { kind: "none" } }, link, random).missing;
  });
  return holed(coded, tensors, missing)[tensor]!;
}
