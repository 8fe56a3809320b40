/** @file What lost datagrams cost at a cut: every order, protection and concealment under the same losses. */
import { lostOf } from "@split-et-impera/core/network";
import { randomStream } from "@split-et-impera/core/random";
import type { Evidence } from "@split-et-impera/core/task";
import { rows, sizeOf, type Tensors } from "@split-et-impera/core/tensor";
import type { CodecKind, ConcealmentKind, OrderKind, ProtectionSpec } from "@split-et-impera/core/wire";
import { bytesOfSamples, codedBy, holed } from "../design/sent.ts";
import type { OpenedCut } from "./crossing.ts";

export interface LossCell {
  codec: CodecKind;
  order: OrderKind;
  protection: ProtectionSpec;
  concealment: ConcealmentKind;
  /** Share of datagrams lost, and how many in a row in the mean; 1: independently. */
  loss: number;
  burst: number;
}

/**
 * All samples over a link that loses datagrams. A sample meets the same losses in every cell of one loss and burst.
 * @param clean the evidence of samples of which nothing was lost, which the codec alone decides
 */
export async function sendLossy(
  opened: OpenedCut,
  { codec: kind, order, protection, concealment, loss, burst }: LossCell,
  payload: number,
  clean: readonly Evidence[],
): Promise<{ bytes: number; evidence: Evidence[] }> {
  const coded = codedBy({ kind, ...(order !== "tensor" && { order }) }, opened.sent, { datagrams: [payload] });
  let [bytes, count] = [0, 0];
  const evidence = await opened.each(async (tensors, samples) => {
    const missing = bytesOfSamples(coded, tensors, samples.length).map((length, i) => {
      const random = randomStream(1, `loss ${loss} ${burst} ${samples[i]}`);
      const found = lostOf({ bytes: length, payload, protection }, { rate: loss, burst }, random);
      bytes += found.sent;
      count++;
      return found.missing;
    });
    const hurt = missing.flatMap((ranges, i) => (ranges.length > 0 ? [i] : []));
    const result = samples.map((sample) => clean[sample]!);
    if (hurt.length === 0) return result;
    const some = hurt.length === samples.length ? tensors : picked(tensors, hurt);
    const arrived = holed(
      coded,
      some,
      hurt.map((i) => missing[i]!),
      concealment,
    );
    const answered = await opened.answers(
      arrived,
      hurt.map((i) => samples[i]!),
    );
    hurt.forEach((i, k) => (result[i] = answered[k]!));
    return result;
  });
  return { bytes: bytes / count, evidence };
}

/** Some rows of tensors. */
function picked(tensors: Tensors, some: readonly number[]): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const dims = [some.length, ...tensor.dims.slice(1)];
      const data = tensor.data.slice(0, sizeOf(dims)) as Float32Array;
      some.forEach((i, k) => {
        const row = rows(tensor, i, i + 1).data as Float32Array;
        data.set(row, k * row.length);
      });
      return [name, { ...tensor, dims, data }];
    }),
  );
}
