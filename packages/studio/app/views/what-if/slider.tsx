/** @file A quantity as a slider and a field: the study's own value marked, and below it what is recommended along it. */
import type { Context } from "@split-et-impera/charts";
import { useEffect, useRef, useState } from "react";
import { colourOf } from "../../parts/kind.tsx";
import type { Scanned } from "../../simulation/use-scan.ts";
import { placeOf, valueAt, type Quantity } from "./quantities.ts";

export interface SliderProps {
  context: Context;
  quantity: Quantity;
  value: number;
  /** @param settled whether the hand has let go */
  onChange(value: number, settled: boolean): void;
  onReset(): void;
  scanned: boolean;
  onScan(): void;
  scan: { found: readonly Scanned[]; done: boolean } | undefined;
}

const steps = 1000;

export function Slider({ context, quantity, value, onChange, onReset, scanned, onScan, scan }: SliderProps) {
  const { key, title, own, show } = quantity;
  const id = `q-${key}`;
  const changed = value !== own;
  return (
    <div className={`slider${changed ? " changed" : ""}`}>
      <div className="line">
        <label htmlFor={id}>{title}</label>
        <Field quantity={quantity} value={value} onChange={onChange} />
        <button
          type="button"
          className="reset"
          disabled={!changed}
          onClick={onReset}
          aria-label={`${title} as in the study`}
        >
          ↺
        </button>
      </div>
      <div className="track">
        <input
          id={id}
          type="range"
          min={0}
          max={steps}
          value={Math.round(placeOf(quantity, value) * steps)}
          aria-valuetext={`${show(value)}${changed ? `, in the study ${show(own)}` : ""}`}
          onChange={(event) => onChange(valueAt(quantity, Number(event.target.value) / steps), false)}
          onPointerUp={() => onChange(value, true)}
          onKeyUp={() => onChange(value, true)}
        />
        <i className="own" style={{ left: `${placeOf(quantity, own) * 100}%` }} title={`study: ${show(own)}`} />
      </div>
      {scanned ? (
        <Strip context={context} quantity={quantity} scan={scan!} />
      ) : (
        <button type="button" className="where" onClick={onScan}>
          where does the answer change? <span className="hidden">along {title}</span>
        </button>
      )}
    </div>
  );
}

function Field({ quantity, value, onChange }: Pick<SliderProps, "quantity" | "value" | "onChange">) {
  const written = quantity.write(value);
  const [text, setText] = useState(written);
  const [wrong, setWrong] = useState<string>();
  const typing = useRef(false);
  useEffect(() => {
    if (!typing.current) setText(written);
  }, [written]);
  const take = (): void => {
    typing.current = false;
    if (text === written) return;
    const found = quantity.read(text);
    const [lo, hi] = quantity.range;
    if (typeof found === "string") setWrong(found);
    else if (found < lo || found > hi) setWrong(`${quantity.write(lo)} to ${quantity.write(hi)} can be simulated here`);
    else {
      setWrong(undefined);
      onChange(found, true);
    }
  };
  return (
    <>
      <input
        type="text"
        value={text}
        aria-label={`${quantity.title}, as a study writes it`}
        aria-invalid={wrong !== undefined}
        title={wrong}
        onChange={(event) => {
          typing.current = true;
          setText(event.target.value);
        }}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
      {wrong !== undefined && (
        <span className="wrong" role="alert">
          {wrong}
        </span>
      )}
    </>
  );
}

/** What is recommended at each place that was looked at; stretches of one answer have one colour and one name. */
function Strip({
  context,
  quantity,
  scan,
}: Pick<SliderProps, "context" | "quantity"> & { scan: NonNullable<SliderProps["scan"]> }) {
  const { found, done } = scan;
  const places = found.map(({ value }) => placeOf(quantity, value));
  const runs = runsOf(found);
  const words = runs.map(({ recommended, from, to }) => {
    const name = recommended === null ? "nothing is sure to fit" : context.names.label(recommended);
    const range =
      from.value === to.value
        ? `at ${quantity.show(from.value)}`
        : `${quantity.show(from.value)} to ${quantity.show(to.value)}`;
    return { key: `${from.value}`, name, range, recommended };
  });
  return (
    <div className="strip">
      <div className="cells" aria-hidden="true">
        {found.map(({ value, recommended }, i) => {
          const left = i === 0 ? 0 : (places[i - 1]! + places[i]!) / 2;
          const right = i === found.length - 1 ? 1 : (places[i]! + places[i + 1]!) / 2;
          const kind = recommended === null ? undefined : context.designs.get(recommended)?.kind;
          return (
            <i
              key={value}
              className={kind ? undefined : "none"}
              style={{
                left: `${100 * left}%`,
                width: `${100 * (right - left)}%`,
                ...(kind && { background: colourOf[kind] }),
              }}
              title={`${quantity.show(value)}: ${recommended === null ? "nothing is sure to fit" : context.names.label(recommended)}`}
            />
          );
        })}
      </div>
      <ol>
        {words.map(({ key, name, range, recommended }) => (
          <li key={key}>
            <i
              className={recommended === null ? "none" : undefined}
              style={
                recommended === null
                  ? undefined
                  : { background: colourOf[context.designs.get(recommended)?.kind ?? "LC"] }
              }
            />
            {range}: <b>{name}</b>
          </li>
        ))}
        {!done && <li className="soft">simulating …</li>}
      </ol>
    </div>
  );
}

function runsOf(found: readonly Scanned[]): { recommended: string | null; from: Scanned; to: Scanned }[] {
  const runs: { recommended: string | null; from: Scanned; to: Scanned }[] = [];
  for (const one of found) {
    const last = runs.at(-1);
    if (last && last.recommended === one.recommended) last.to = one;
    else runs.push({ recommended: one.recommended, from: one, to: one });
  }
  return runs;
}
