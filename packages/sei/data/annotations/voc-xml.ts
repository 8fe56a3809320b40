/** @file Pascal VOC's XML: a file per picture, with the boxes of its objects. */
import { SaxesParser } from "saxes";
import type { Annotation } from "@split-et-impera/core/task";
import type { Size } from "../fit.ts";
import { boxWithin, labelOf, readTruth, truthError } from "./annotated.ts";

const mostBytes = 16 * 2 ** 20;

/** A file's own words, unchecked but for numbers: objects know their lines. */
export interface VocFile {
  path: string;
  filename?: string;
  size?: Size;
  objects: { name: string; box: [number, number, number, number]; difficult: boolean; line: number }[];
}

/** Elements by their names, as far as they are looked at. */
type Fields = Record<string, string>;

const corners = ["xmin", "ymin", "xmax", "ymax"] as const;

/** Reads a file. Throws `InputError` naming the line. */
export async function readVoc(path: string): Promise<VocFile> {
  const text = await readTruth(path, "an XML file of annotations", mostBytes);
  const objects: { fields: Fields; line: number }[] = [];
  const picture: Fields = {};
  const open: string[] = [];
  let words = "";
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw truthError(`${path}:${parser.line}`, "well-formed XML", error.message.replace(/^\d+:\d+: /, ""));
  });
  parser.on("opentag", ({ name }) => {
    open.push(name);
    words = "";
    if (open.join("/") === "annotation/object") objects.push({ fields: {}, line: parser.line });
    if (open.length === 1 && name !== "annotation")
      throw truthError(`${path}:${parser.line}`, "<annotation>", `<${name}>`);
  });
  parser.on("text", (part) => {
    words += part;
  });
  parser.on("closetag", () => {
    const [, kind, ...inner] = open;
    // Parts of objects have boxes of their own, which are none of the objects'.
    if (kind === "object" && (inner.length === 1 || inner[0] === "bndbox"))
      objects.at(-1)!.fields[inner.join("/")] ??= words.trim();
    else if (kind !== undefined && kind !== "object") picture[[kind, ...inner].join("/")] ??= words.trim();
    words = "";
    open.pop();
  });
  parser.write(text).close();
  const { filename } = picture;
  const size = { height: Number(picture["size/height"]), width: Number(picture["size/width"]) };
  return {
    path,
    ...(filename !== undefined && filename !== "" && { filename }),
    ...(size.height > 0 && size.width > 0 && { size }),
    objects: objects.map(({ fields, line }) => {
      const place = `${path}:${line}`;
      const { name } = fields;
      if (name === undefined || name === "") throw truthError(place, "an object with a <name>", "one without");
      const numbers = corners.map((corner) => Number(fields[`bndbox/${corner}`] || Number.NaN));
      const missing = corners.find((_, i) => !Number.isFinite(numbers[i]));
      if (missing !== undefined)
        throw truthError(place, `a number in <bndbox><${missing}> of "${name}"`, fields[`bndbox/${missing}`] ?? "none");
      const [left, top, right, bottom] = numbers as [number, number, number, number];
      // The first pixel has the number 1, and the last is of the box.
      return {
        name,
        box: [left - 1, top - 1, right - left + 1, bottom - top + 1],
        difficult: fields["difficult"] === "1",
        line,
      };
    }),
  };
}

/** What a file says of its picture. Difficult objects need not be found. */
export function vocAnnotation({ path, size, objects }: VocFile, seen: Size, classes: readonly string[]): Annotation {
  if (size && (size.height !== seen.height || size.width !== seen.width))
    throw truthError(path, `<size> of the picture, ${seen.width} x ${seen.height}`, `${size.width} x ${size.height}`);
  return {
    size: seen,
    objects: objects.map(({ name, box, difficult, line }) => {
      const place = `${path}:${line}`;
      const label = labelOf(name, classes, place);
      return { class: label, box: boxWithin(box, seen, place), ...(difficult && { crowd: true }) };
    }),
  };
}
