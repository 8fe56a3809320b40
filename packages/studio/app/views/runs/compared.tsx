/** @file Two results against each other: what was asked otherwise, what came out otherwise, and what of it is noise. */
import { inUnit, subject } from "@split-et-impera/charts";
import type { Requirement } from "@split-et-impera/core/study";
import { useEffect, useState } from "react";
import { ScrolledTable } from "../../parts/data-table.tsx";
import { Failed, Loading } from "../../shell/state.tsx";
import type { StudioDocument } from "../../../messages.ts";
import { ask, type Loaded } from "../../store/server.ts";

interface Reading {
  value: number | null;
  lo: number | null;
  hi: number | null;
}

/** As packages/sei/compare has it. */
interface Figure extends Pick<Requirement, "metric" | "statistic" | "host"> {
  values: (Reading | null)[];
  changes: { difference: Reading | null; state: "same" | "noise" | "better" | "worse" | "absent" }[];
}

interface Comparison {
  settings: { path: string; values: unknown[] }[];
  verdicts: { recommended?: string; nearest?: string }[];
  whole: Figure[];
  designs: { id: string; figures: Figure[] }[];
  partial: { id: string; in: string[] }[];
  changed: boolean;
}

export function Compared({ a, b }: { a: StudioDocument; b: StudioDocument }) {
  const [found, setFound] = useState<Loaded<Comparison>>({ state: "loading" });
  useEffect(() => {
    let over = false;
    ask<Comparison>(`/api/compare?result=${a.id}&result=${b.id}`).then(
      (value) => over || setFound({ state: "ready", value }),
      (error: unknown) => over || setFound({ state: "failed", why: (error as Error).message }),
    );
    return () => void (over = true);
  }, [a.id, b.id]);
  if (found.state === "loading") return <Loading what="Comparing" />;
  if (found.state === "failed") return <Failed why={found.why} />;
  const { settings, verdicts, designs, partial, changed } = found.value;
  const moved = designs.flatMap(({ id, figures }) =>
    figures
      .filter(({ changes }) => ["better", "worse"].includes(changes[0]!.state))
      .map((figure) => ({ id, figure, state: changes(figure) })),
  );
  const [first, second] = verdicts.map(({ recommended, nearest }) =>
    recommended !== undefined ? recommended : nearest === undefined ? "nothing" : `nothing fits; nearest ${nearest}`,
  );
  return (
    <section className="card compared" aria-labelledby="compared">
      <h2 id="compared">
        A {a.name} against B {b.name}
      </h2>
      <p role="status">
        {changed ? "The answers differ beyond noise." : "Nothing differs beyond noise."} Recommended:{" "}
        {first === second ? (
          <b>{first}</b>
        ) : (
          <>
            <b>{first}</b> in A, <b>{second}</b> in B
          </>
        )}
        .
      </p>
      <h3>What was asked otherwise</h3>
      {settings.length === 0 ? (
        <p className="soft">Nothing: the same study, model, data and machine.</p>
      ) : (
        <Rows
          label="Settings that differ"
          heads={["Setting", "A", "B"]}
          rows={settings.map(({ path, values }) => [path, ...values.map(settingText)])}
        />
      )}
      <h3>What came out otherwise</h3>
      {moved.length === 0 ? (
        <p className="soft">No figure of the {designs.length} designs that both have differs by more than noise.</p>
      ) : (
        <Rows
          label="Figures that differ"
          heads={["Design", "Figure", "A", "B", ""]}
          rows={moved.map(({ id, figure, state }) => [
            id,
            subject(figure),
            ...figure.values.map((value) => readingText(figure, value)),
            state,
          ])}
        />
      )}
      {partial.length > 0 && (
        <p className="soft">
          Only in one: {partial.map(({ id, in: labels }) => `${id} (${labels.join(", ")})`).join("; ")}
        </p>
      )}
    </section>
  );
}

const changes = ({ changes: [only] }: Figure): string => only!.state;

function readingText({ metric }: Figure, reading: Reading | null): string {
  if (reading === null) return "–";
  return reading.value === null ? "∞" : inUnit(metric, reading.value);
}

function settingText(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

function Rows({ label, heads, rows }: { label: string; heads: readonly string[]; rows: readonly string[][] }) {
  return (
    <ScrolledTable
      label={label}
      columns={heads.map((head) => ({ head: head || <span className="hidden">Change</span> }))}
      rows={rows.map((cells, i) => ({ key: `${i}`, cells }))}
    />
  );
}
