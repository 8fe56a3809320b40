/** @file The page of a verification: both distributions and the table of each cell, and names that are no markup. */
import { latencyCurve } from "@split-et-impera/core/design";
import { expect, test } from "vitest";
import { figuresOf } from "../verify/judge.ts";
import { judged, type Cell, type Verification } from "../verify/index.ts";
import { renderVerification } from "./measured.ts";

const latencies = (offset: number): Float64Array => Float64Array.from({ length: 100 }, (_, i) => offset + i / 1e4);

function cell(name: string, predicted: number, measured: number): Cell {
  const [said, seen] = [predicted, measured].map((offset) =>
    figuresOf(
      Array.from(latencies(offset), (latency) => ({ latency, bytes: 256 })),
      0.05,
    ),
  ) as [ReturnType<typeof figuresOf>, ReturnType<typeof figuresOf>];
  const values = Object.fromEntries(Object.entries(said).map(([key, { value }]) => [key, value]));
  return judged({
    name,
    transport: "tcp",
    rate: 1e6,
    delay: 0.005,
    loss: 0.01,
    burst: 3,
    frames: 100,
    deadline: 0.05,
    task: { kind: "classification", classes: ["a", "b"] },
    clean: [],
    calibration: { overhead: 0.0004 },
    predicted: values as unknown as Cell["predicted"],
    measured: seen,
    curves: { predicted: latencyCurve(latencies(predicted)), measured: latencyCurve(latencies(measured)) },
    parts: [{ step: "network", predicted: 0.02, measured: 0.021 }],
    doubts: [],
    link: { kind: "tun", lossesByLink: 4, dropsInBuffers: 0 },
  });
}

const table: Verification = {
  format: 2,
  study: "<b>belt</b>",
  holds: "does not hold",
  cells: [cell("SC@pool uint8 tcp", 0.03, 0.0301), cell('RC "><script>', 0.03, 0.06)],
  machine: { platform: "linux x64", cpu: "", threads: 2 },
};

test("each cell has its verdict, both lines and the figures; names are text", () => {
  const page = renderVerification(table);
  expect(page).toContain("1 of 2 predictions hold");
  expect(page).toContain("✓ SC@pool uint8 tcp over 1 Mbit/s, 5 ms, 1 % lost in bursts of 3: holds");
  expect(page).toContain("✕ RC ");
  expect(page).not.toContain('RC "><script>');
  expect(page).not.toContain("<b>belt</b>");
  // Two charts, each drawn wide and narrow: above from 0 %, below from 90 %.
  for (const side of ["predicted", "measured"]) expect(page.split(`<title>${side}</title>`).length - 1).toBe(2 * 2 * 2);
  expect(page).toContain("34.9\u00A0ms");
  expect(page).toContain("64.9\u00A0ms");
});
