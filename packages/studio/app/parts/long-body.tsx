/** @file The rows of a table that may be long: the first at once, more whenever the last of them comes near what is in sight. */
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";

/** Rows that come at once: more than a screen has, few enough that no task for them is long. */
const step = 50;
/** How far below what is in sight the next ones are made. */
const ahead = "600px";

export interface LongBodyProps<Row> {
  rows: readonly Row[];
  /** What the rows are ordered by: where it changes, the first ones are what matters again. */
  order: string;
  columns: number;
  children(row: Row): ReactNode;
}

export function LongBody<Row>({ rows, order, columns, children }: LongBodyProps<Row>) {
  const [made, setMade] = useState({ order, count: step });
  const count = made.order === order ? made.count : step;
  const rest = rows.length - count;
  const end = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (!end.current) return undefined;
    // A new one for each step tells at once whether the end is still near.
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry!.isIntersecting) setMade({ order, count: count + step });
      },
      { rootMargin: `0px 0px ${ahead}` },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [order, count, rest > 0]);
  const body = useRef<HTMLTableSectionElement>(null);
  /** The row that is reached next, where the button that had the focus is gone. */
  const next = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (next.current === undefined) return;
    body.current?.rows[next.current]?.querySelector<HTMLElement>("button, input, a")?.focus({ preventScroll: true });
    next.current = undefined;
  });
  const showAll = (): void => {
    next.current = count;
    setMade({ order, count: rows.length });
  };
  return (
    <tbody ref={body}>
      {rows.slice(0, count).map(children)}
      {rest > 0 && (
        <tr ref={end} className="rest">
          <td colSpan={columns}>
            <button type="button" onClick={showAll}>
              Show all {rows.length} rows
            </button>
          </td>
        </tr>
      )}
    </tbody>
  );
}
