/** @file A design by its mark and its short name: kinds by shape and colour, the same in every chart. */
import { describeDesign, kindName, type Context } from "@split-et-impera/charts";
import type { DesignResult, Kind } from "@split-et-impera/core/design";

export const colourOf: Record<Kind, string> = { LC: "var(--lc)", RC: "var(--rc)", SC: "var(--sc)", EE: "var(--ee)" };

const star = "M0,-6.4L1.9,-2.2L6.1,-2L2.8,1L3.9,5.2L0,2.8L-3.9,5.2L-2.8,1L-6.1,-2L-1.9,-2.2Z";

const paths: Record<Kind, string> = {
  LC: "M-4.2,-4.2H4.2V4.2H-4.2Z",
  RC: "M-4.6,0A4.6,4.6 0 1 0 4.6,0A4.6,4.6 0 1 0 -4.6,0Z",
  SC: "M0,-5.8L5.8,0L0,5.8L-5.8,0Z",
  EE: star,
};

/** The mark of a kind around (0, 0); hollow where the design does not fit. */
export function Mark({ kind, hollow = false, size = 1 }: { kind: Kind; hollow?: boolean; size?: number }) {
  return (
    <path
      d={paths[kind]}
      transform={size === 1 ? undefined : `scale(${size})`}
      fill={hollow ? "var(--surface)" : colourOf[kind]}
      stroke={colourOf[kind]}
      strokeWidth={1.6 / size}
    />
  );
}

export function KindMark({ kind, hollow }: { kind: Kind; hollow?: boolean }) {
  return (
    <svg className="mark" viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
      <Mark kind={kind} hollow={hollow} />
    </svg>
  );
}

/** Mark and short name; all of it in words in the title. */
export function DesignName({ context, id, hollow }: { context: Context; id: string; hollow?: boolean }) {
  const design = context.designs.get(id);
  if (!design) return <span className="design">{id}</span>;
  return (
    <span className="design" title={`${id}: ${describeDesign(design, context.names)}`}>
      <KindMark kind={design.kind} hollow={hollow} />
      {context.names.label(id)}
    </span>
  );
}

export function KindLegend({ designs }: { designs: readonly DesignResult[] }) {
  const kinds = (["LC", "RC", "SC", "EE"] as const).filter((kind) => designs.some((one) => one.kind === kind));
  return (
    <ul className="legend">
      {kinds.map((kind) => (
        <li key={kind}>
          <KindMark kind={kind} /> {kindName[kind]}
        </li>
      ))}
      <li>
        <KindMark kind="RC" hollow /> hollow: does not fit
      </li>
    </ul>
  );
}
