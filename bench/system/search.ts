/**
 * @file The search for the best system beside simulating every one, on small seeded systems: whether both choose alike, and
 * what share of the frames the search simulates.
 */
import { exhaustive, searchSystem } from "../../packages/core/system/index.ts";
import { smallSystem } from "../../packages/core/testing/systems.ts";

const seeds = Number(process.argv[2] ?? 36);
const seconds = 10;
let [same, tied, none, simulated, all] = [0, 0, 0, 0, 0];
console.log("seed  systems  ruled out  simulated  partly  frames  of all  choice");
for (let seed = 1; seed <= seeds; seed++) {
  const system = smallSystem(seed, seconds);
  const search = searchSystem(system);
  const every = exhaustive(system);
  const name = (one: { selection: readonly number[] } | undefined): string => one?.selection.join(".") ?? "none fits";
  const alike = name(search.best) === name(every.best);
  const tie = !alike && every.ties.some((one) => one.join(".") === name(search.best));
  if (!every.best && alike) none++;
  else if (alike) same++;
  else if (tie) tied++;
  simulated += search.frames.simulated;
  all += every.frames;
  const { counts } = search;
  const ruled = Object.values(counts.pruned).reduce((sum, one) => sum + one, 0);
  const share = `${((100 * search.frames.simulated) / every.frames).toFixed(1)} %`;
  const cells = [seed, counts.all, ruled, counts.simulated, counts.partly, search.frames.simulated, share];
  const widths = [4, 9, 11, 11, 8, 8, 8];
  const verdict = alike ? "the same" : tie ? "a tie" : `LOST: ${name(search.best)} for ${name(every.best)}`;
  console.log(
    `${cells.map((cell, i) => String(cell).padStart(widths[i]!)).join("")}  ${name(search.best)} (${verdict})`,
  );
}
console.log(
  `${seeds} systems: ${same} the same, ${tied} tied, ${none} where none fits in both, ${seeds - same - tied - none} lost; ` +
    `${((100 * simulated) / all).toFixed(1)} % of the frames of simulating every system`,
);
