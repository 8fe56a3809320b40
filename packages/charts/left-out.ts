/** @file What statements about the best placement leave out, in words: for the page and for a terminal. */
import type { LeftOut } from "@split-et-impera/core/design";
import { formatBytes } from "@split-et-impera/core/units";
import { plural } from "./format.ts";

/** `Left out: LC (camera has 512 kB and would need 684 kB); designs with a 8x bottleneck (...).`; nothing where nothing is. */
export function leftOutText(leftOut: readonly LeftOut[] = []): string {
  const parts = [...memoryParts(leftOut), ...leftOut.flatMap((one) => otherPart(one))];
  return parts.length === 0 ? "" : `Left out: ${parts.join("; ")}.`;
}

/** The whole model on a host by its name; cuts together, as many as lack memory of one host. */
function memoryParts(leftOut: readonly LeftOut[]): string[] {
  const lacking = leftOut.filter((one) => one.because === "memory");
  const whole = lacking.filter(({ what }) => what.kind !== "SC");
  const split = Map.groupBy(
    lacking.filter(({ what }) => what.kind === "SC"),
    ({ host }) => host,
  );
  return [
    ...whole.map(
      ({ what, host, needs, has }) =>
        `${what.kind} (${host} has ${formatBytes(has)} of memory and would need ${formatBytes(needs)})`,
    ),
    ...[...split].map(([host, list]) => {
      const least = Math.min(...list.map(({ needs }) => needs));
      return `${plural(list.length, "cut")} (${host} has ${formatBytes(list[0]!.has)} of memory and would need ${formatBytes(least)} or more)`;
    }),
  ];
}

function otherPart(one: LeftOut): string[] {
  if (one.because === "bottleneck") {
    const times = one.compressions.map((compression) => `${compression}x`).join(", ");
    return [`designs with a bottleneck (${times}: other networks, which are simulated)`];
  }
  if (one.because === "coding")
    return [`RC with ${one.inputs.join(", ")} (what coding takes is simulated, not added up)`];
  if (one.because === "many") return [`${plural(one.cuts, "more cut")} (evenly chosen ones were timed)`];
  if (one.because === "several")
    return [`${plural(one.cuts, "cut")} of several tensors (alternatives to those that are; a study can name them)`];
  return [];
}
