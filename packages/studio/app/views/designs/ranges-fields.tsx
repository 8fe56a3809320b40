/** @file The ranges as fields: what brushing does, for the keyboard and for exact numbers. */
import { useEffect, useState } from "react";
import type { Column } from "./columns.ts";
import { setRanges, type Range, type Ranges } from "./ranges.ts";

export function RangeFields({ columns, ranges }: { columns: readonly Column[]; ranges: Ranges }) {
  return (
    <div className="ranges">
      {columns.map((column) => (
        <fieldset key={column.key}>
          <legend>
            {column.title}
            {column.unit.name && <span className="soft"> in {column.unit.name}</span>}
          </legend>
          <End column={column} ranges={ranges} end="from" />
          <span aria-hidden="true">to</span>
          <End column={column} ranges={ranges} end="to" />
        </fieldset>
      ))}
      <button
        type="button"
        disabled={ranges.size === 0}
        onClick={() => setRanges(Object.fromEntries(Array.from(ranges.keys(), (key) => [key, undefined])))}
      >
        Show all
      </button>
    </div>
  );
}

function End({ column, ranges, end }: { column: Column; ranges: Ranges; end: keyof Range }) {
  const { key, title, unit } = column;
  const range = ranges.get(key) ?? { from: -Infinity, to: Infinity };
  const known = Number.isFinite(range[end]) ? String(Number((range[end] / unit.size).toPrecision(4))) : "";
  const [text, setText] = useState(known);
  useEffect(() => setText(known), [known]);
  const take = (): void => {
    const open = end === "from" ? -Infinity : Infinity;
    const value = text.trim() === "" ? open : Number(text) * unit.size;
    if (Number.isNaN(value)) setText(known);
    else setRanges({ [key]: { ...range, [end]: value } });
  };
  return (
    <input
      type="text"
      inputMode="decimal"
      value={text}
      placeholder={end === "from" ? "least" : "most"}
      aria-label={`${title}: ${end === "from" ? "at least" : "at most"}`}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
