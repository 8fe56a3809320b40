/** @file What must stay on hosts: which parts of the model may run where, and which designs keep to it. */
import type { Cut, Design } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { nodesTowards, type Inspection } from "@split-et-impera/core/onnx";
import type { Study } from "@split-et-impera/core/study";
import { nearest } from "../../nearest.ts";

/** Whether the part of the model between two cuts may run on a host: what makes, reads or is given what must stay on another may not. */
export type MayRun = (host: string, from: Readonly<Cut>, to: Readonly<Cut>) => boolean;

/** @throws InputError `ERR_PLACE_PIN` for a name that the model does not have */
export function staysOf({ hosts }: Pick<Study, "hosts">, { index }: Inspection): MayRun {
  const rules = Object.entries(hosts).flatMap(([host, { keep = [] }]) =>
    keep.flatMap((given, i) => {
      const known = index.producer.has(given) || index.inputs.includes(given);
      const names = !known && given === "input" ? index.inputs : [given];
      if (!known && names.length === 1 && names[0] === given) {
        const all = [...index.producer.keys(), ...index.inputs, "input"];
        const message = `hosts.${host}.keep[${i}]: expected the name of a tensor, or \`input\`, got "${given}"${nearest(given, all)}`;
        throw new InputError("ERR_PLACE_PIN", message);
      }
      return names.map((tensor) => ({
        host,
        tensor,
        touching: [index.producer.get(tensor) ?? [], index.consumers.get(tensor) ?? []].flat(),
      }));
    }),
  );
  return (host, from, to) =>
    rules.every((rule) => {
      if (rule.host === host) return true;
      if (from.includes(rule.tensor)) return false;
      const [before, needed] = [nodesTowards(index, from), nodesTowards(index, to)];
      return !rule.touching.some((node) => index.live[node] && needed[node] && !before[node]);
    });
}

/** Whether a design keeps what must stay where it must. */
export const keepsTo = (mayRun: MayRun, { segments }: Pick<Design, "segments">): boolean =>
  segments.every(({ host, from, to }) => mayRun(host, from, to));

/** @throws InputError `ERR_STUDY` where no design is left */
export function checkKept({ hosts }: Pick<Study, "hosts">, left: number): void {
  const fields = Object.entries(hosts).flatMap(([host, { keep = [] }]) =>
    keep.length > 0 ? [`hosts.${host}.keep`] : [],
  );
  if (left > 0 || fields.length === 0) return;
  throw new InputError("ERR_STUDY", `${fields.join(", ")}: no design that the study tries keeps to it`);
}
