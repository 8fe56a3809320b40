/** @file Which hosts may run each piece: what a study says must stay, must run, or cannot run somewhere. */
import type { OperatorChoice, PlacingOptions } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import { nodesTowards, type GraphIndex } from "@split-et-impera/core/onnx";
import { nearest } from "../../nearest.ts";
import type { Apart, Piece } from "./pieces.ts";

/** What pins need of a model that was taken apart. */
export type Pinned = Pick<Apart, "survey" | "nodes"> & { pieces: readonly Pick<Piece, "from" | "to" | "tensors">[] };

/**
 * Hosts per piece, as places in `hosts`. A piece is pinned as a whole by any of its operators.
 * @throws InputError `ERR_PLACE_PIN` for a name that the model does not have, `ERR_PLACE_HOSTS` where no host is left
 */
export function openHosts(placing: PlacingOptions | undefined, apart: Pinned, hosts: readonly string[]): number[][] {
  const { pieces } = apart;
  const { index } = apart.survey;
  /** Per piece: hosts that it must not leave, may run on alone, cannot run on; with the fields that say so. */
  const rules = pieces.map(() => ({
    keep: new Set<string>(),
    only: new Set<string>(),
    never: new Set<string>(),
    fields: new Set<string>(),
  }));
  const holding = (found: readonly number[]): number[] => {
    const wanted = new Set(found);
    return pieces.flatMap((_, p) => (apart.nodes[p]!.some((node) => wanted.has(node)) ? [p] : []));
  };
  for (const host of hosts) {
    const given = placing?.hosts[host];
    const add = (kind: "keep" | "only" | "never", i: number, find: (field: string) => number[]): void => {
      const field = `hosts.${host}.${kind}[${i}]`;
      for (const p of find(field)) {
        rules[p]![kind].add(host);
        rules[p]!.fields.add(field);
      }
    };
    given?.keep.forEach((tensor, i) => add("keep", i, (field) => piecesWith(apart, tensor, field)));
    given?.only.forEach((choice, i) => add("only", i, (field) => holding(chosen(index, choice, field))));
    given?.never.forEach((choice, i) => add("never", i, (field) => holding(chosen(index, choice, field))));
  }
  return pieces.map((piece, p) => {
    const { keep, only, never, fields } = rules[p]!;
    const open = hosts.flatMap((host, h) => {
      const stays = keep.size === 0 || (keep.size === 1 && keep.has(host));
      return stays && (only.size === 0 || only.has(host)) && !never.has(host) ? [h] : [];
    });
    if (open.length > 0) return open;
    throw new InputError(
      "ERR_PLACE_HOSTS",
      `no host may run the piece from ${piece.from ?? "the input"} to ${piece.to ?? "the output"}, which cannot be cut: ${[...fields].join(", ")} leave none`,
    );
  });
}

/** Pieces that make, read or pass on a tensor; `input` is the model's first. */
function piecesWith({ survey: { index }, pieces, nodes }: Pinned, tensor: string, field: string): number[] {
  const known = index.producer.has(tensor) || index.inputs.includes(tensor);
  const name = !known && tensor === "input" ? index.inputs[0]! : tensor;
  if (!known && name === tensor)
    throw unknown(field, "the name of a tensor, or `input`", tensor, [
      ...index.producer.keys(),
      ...index.inputs,
      "input",
    ]);
  const maker = index.producer.get(name);
  const readers = new Set(index.consumers.get(name));
  return pieces.flatMap((_, p) => {
    const given = p === 0 ? index.inputs : pieces[p - 1]!.tensors;
    const own = nodes[p]!.some((node) => index.live[node] && (node === maker || readers.has(node)));
    return own || given.includes(name) ? [p] : [];
  });
}

function chosen(index: GraphIndex, choice: OperatorChoice, field: string): number[] {
  const all = index.nodes.map((_, i) => i).filter((i) => index.live[i]);
  if (typeof choice === "string") {
    const found = all.filter((i) => {
      const { name, opType, output } = index.nodes[i]!;
      return name === choice || opType === choice || output.includes(choice);
    });
    if (found.length > 0) return found;
    const names = index.nodes.flatMap(({ name, opType, output }) => [name, opType, ...output]);
    throw unknown(field, "an operator's name or kind, or a tensor that it makes", choice, names);
  }
  const upTo = (end: "from" | "to"): boolean[] | undefined => {
    const tensor = choice[end];
    if (tensor === undefined) return undefined;
    if (index.producer.has(tensor)) return nodesTowards(index, [tensor]);
    throw unknown(`${field}.${end}`, "the name of a tensor", tensor, [...index.producer.keys()]);
  };
  const [before, needed] = [upTo("from"), upTo("to")];
  return all.filter((i) => !(before?.[i] ?? false) && (needed?.[i] ?? true));
}

function unknown(field: string, expected: string, got: string, known: readonly string[]): InputError {
  return new InputError(
    "ERR_PLACE_PIN",
    `${field}: expected ${expected}, got "${got}"${nearest(got, [...new Set(known)])}`,
  );
}
