/** @file A table of figures: its caption, its heads, and rows whose first cell names them. */
import type { ReactNode } from "react";

export interface DataColumn {
  head: ReactNode;
  /** Numbers stand below each other. */
  right?: boolean;
}

export interface DataRow {
  key: string;
  /** As many as there are columns; the first is the row's name. */
  cells: readonly ReactNode[];
  /** Whether it is the one that is looked at. */
  lit?: boolean;
}

export interface DataTableProps {
  caption?: ReactNode;
  columns: readonly DataColumn[];
  rows: readonly DataRow[];
}

const right = (column: DataColumn): string | undefined => (column.right ? "right" : undefined);

export function DataTable({ caption, columns, rows }: DataTableProps) {
  return (
    <table>
      {caption !== undefined && <caption>{caption}</caption>}
      <thead>
        <tr>
          {columns.map((column, i) => (
            <th key={i} scope="col" className={right(column)}>
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells: [name, ...rest], lit }) => (
          <tr key={key} className={lit ? "lit" : undefined}>
            <th scope="row">{name}</th>
            {rest.map((cell, i) => (
              <td key={i} className={right(columns[i + 1]!)}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A table that may be wider or longer than its place, reached by keyboard. */
export function ScrolledTable({ label, ...table }: DataTableProps & { label: string }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={label}>
      <DataTable {...table} />
    </div>
  );
}
