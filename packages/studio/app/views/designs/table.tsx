/** @file The designs as a table: sorted by any column, chosen for a comparison. */
import { roleOf, type Context } from "@split-et-impera/charts";
import type { DesignResult } from "@split-et-impera/core/design";
import { CheckMarks } from "../../parts/checks.tsx";
import { DesignName } from "../../parts/kind.tsx";
import { LongBody } from "../../parts/long-body.tsx";
import { change } from "../../store/url.ts";
import type { Column } from "./columns.ts";

export interface TableProps {
  context: Context;
  columns: readonly Column[];
  designs: readonly DesignResult[];
  fits: ReadonlySet<string>;
  sort: { key: string; down: boolean } | undefined;
  chosen: readonly string[];
  hover: string | undefined;
  onHover(id: string | undefined): void;
  onChoose(id: string): void;
}

export function DesignTable({ context, columns, designs, fits, sort, chosen, hover, onHover, onChoose }: TableProps) {
  const by = columns.find(({ key }) => key === sort?.key);
  const rows = by
    ? [...designs].sort((a, b) => (sort!.down ? by.value(b) - by.value(a) : by.value(a) - by.value(b)) || 0)
    : designs;
  const sortBy = (column: Column): void => {
    const down = sort?.key === column.key ? !sort.down : column.more;
    change({ sort: `${down ? "-" : ""}${column.key}` });
  };
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Designs as a table">
      <table className="designs">
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden">Compare</span>
            </th>
            <th scope="col">Design</th>
            <th scope="col">Requirements</th>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className="right"
                aria-sort={sort?.key === column.key ? (sort.down ? "descending" : "ascending") : undefined}
              >
                <button type="button" onClick={() => sortBy(column)}>
                  {column.title}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <LongBody rows={rows} order={sort ? `${sort.down} ${sort.key}` : ""} columns={3 + columns.length}>
          {(design) => {
            const { id } = design;
            const place = chosen.indexOf(id);
            const role = roleOf(context.result.verdict, id);
            return (
              <tr
                key={id}
                className={id === hover || place >= 0 ? "lit" : undefined}
                onPointerEnter={() => onHover(id)}
                onPointerLeave={() => onHover(undefined)}
              >
                <td>
                  <label className="pick">
                    <input type="checkbox" checked={place >= 0} onChange={() => onChoose(id)} />
                    <span aria-hidden="true">{place >= 0 ? "AB"[place] : ""}</span>
                    <span className="hidden">Compare {context.names.label(id)}</span>
                  </label>
                </td>
                <th scope="row">
                  <DesignName context={context} id={id} hollow={!fits.has(id)} />{" "}
                  {role && <span className={`tag ${role}`}>{role}</span>}{" "}
                  {design.pareto && (
                    <span className="tag" title="No other design is at least as good in everything">
                      Pareto
                    </span>
                  )}
                </th>
                <td>
                  <CheckMarks checks={design.checks} />
                </td>
                {columns.map((column) => (
                  <td key={column.key} className="right" title={column.full?.(design)}>
                    {Number.isFinite(column.value(design)) ? column.show(column.value(design)) : noneOf(design, column)}
                  </td>
                ))}
              </tr>
            );
          }}
        </LongBody>
      </table>
    </div>
  );
}

/** What stands where there is no number. */
function noneOf({ overload }: DesignResult, { key }: Column): string {
  if (key === "throughput") return "no bound";
  return overload ? "piles up" : "never";
}
