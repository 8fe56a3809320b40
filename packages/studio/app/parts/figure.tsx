/** @file A figure in a row of them: large, with what it was or was to be below it. */
import type { ReactNode } from "react";

export interface FigureProps {
  title: string;
  value: ReactNode;
  /** What to hold it against, in words. */
  was?: string | undefined;
  note?: string | undefined;
  /** With its interval. */
  full?: string | undefined;
}

/** Stands in a `dl` of the class `figures`. */
export function Figure({ title, value, was, note, full }: FigureProps) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <strong title={full}>{value}</strong>
        {was !== undefined && <span className="soft">{was}</span>}
        {note !== undefined && <span className="soft">{note}</span>}
      </dd>
    </div>
  );
}
