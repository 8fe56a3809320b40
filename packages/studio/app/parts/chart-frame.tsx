/** @file A chart with what takes it along: a PNG for the clipboard, an SVG as a file. */
import { useRef, useState, type ReactNode } from "react";
import { canCopy, copyPng, drawingOf, pngOf, save } from "./picture.ts";

/** @param name what the picture is of, in words; files are called by it */
export function ChartFrame({ name, children }: { name: string; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  return (
    <>
      <div ref={place}>{children}</div>
      <PictureButtons name={name} of={() => drawingOf(place.current!.querySelector("svg")!)} />
    </>
  );
}

/** @param of the picture as it is when somebody asks for it, as SVG */
export function PictureButtons({ name, of }: { name: string; of(): string }) {
  const [says, setSays] = useState("");
  const file = name.toLowerCase().replaceAll(/[^\p{Letter}\p{Number}]+/gu, "-");
  const savePng = async (drawing: string): Promise<void> => save(`${file}.png`, await pngOf(drawing));
  const copy = async (drawing: string): Promise<void> => {
    try {
      await copyPng(drawing);
      setSays("Copied");
    } catch (error) {
      await savePng(drawing);
      setSays(`Saved as a file: the browser does not let it be copied (${(error as Error).message})`);
    }
  };
  const takePng = canCopy() ? copy : savePng;
  return (
    <p className="picture small">
      <span role="status">{says}</span>
      <button
        type="button"
        aria-label={`${canCopy() ? "Copy" : "Save"} PNG: ${name}`}
        onClick={() => void takePng(of()).catch((error: unknown) => setSays((error as Error).message))}
      >
        {canCopy() ? "Copy" : "Save"} PNG
      </button>
      <button
        type="button"
        aria-label={`Save SVG: ${name}`}
        onClick={() => save(`${file}.svg`, new Blob([of()], { type: "image/svg+xml" }))}
      >
        Save SVG
      </button>
    </p>
  );
}
