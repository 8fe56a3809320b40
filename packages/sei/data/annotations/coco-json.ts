/** @file COCO's JSON: pictures, categories, and objects with boxes, outlines, run lengths, keypoints; captions. */
import { basename, dirname, join } from "node:path";
import type { Annotation, ObjectAnnotation, RunLengths } from "@split-et-impera/core/task";
import { nearest } from "../../nearest.ts";
import { listFolder } from "../files.ts";
import type { Size } from "../fit.ts";
import {
  boxWithin,
  labelOf,
  readTruth,
  shown,
  truthError,
  type Annotated,
  type AnnotatedPicture,
} from "./annotated.ts";
import { unpackRuns } from "./run-lengths.ts";

/** A text can hold no more. */
const mostBytes = 500 * 2 ** 20;
const mostPixels = 2 ** 26;

type Row = Record<string, unknown>;

/**
 * Reads a file of annotations.
 *
 * Classes are its categories in the order of their ids, or as `classes` has them. Of several captions of a picture the
 * first is its text.
 * @param file for messages, and the pictures lie beside it or in a folder near it
 */
export async function readCoco(file: string, given?: readonly string[]): Promise<Annotated> {
  const text = await readTruth(file, "a COCO file of annotations", mostBytes);
  const all = parse(text, file);
  const images = rowsOf(all, "images", file);
  const categories = "categories" in all ? rowsOf(all, "categories", file) : [];
  const { classes, ids, labels } = classesOf(categories, given, file);
  const folder = await folderOf(file, images);
  const pictures = new Map<number, { path: string; size: Size; of: { row: Row; place: string }[] }>();
  images.forEach((row, i) => {
    const place = `${file}: images[${i}]`;
    const id = whole(row["id"], `${place}.id`, 0);
    if (pictures.has(id)) throw truthError(`${place}.id`, "every id once", `${id} again`);
    const name = row["file_name"];
    if (typeof name !== "string" || name === "")
      throw truthError(`${place}.file_name`, "the name of a picture", shown(name));
    const size = {
      height: whole(row["height"], `${place}.height`, 1),
      width: whole(row["width"], `${place}.width`, 1),
    };
    if (size.height * size.width > mostPixels)
      throw truthError(place, "a picture of at most 67 megapixels", `${size.width} x ${size.height}`);
    pictures.set(id, { path: join(folder, name), size, of: [] });
  });
  const rows = rowsOf(all, "annotations", file);
  rows.forEach((row, i) => {
    const place = `${file}: annotations[${i}]`;
    const picture = pictures.get(row["image_id"] as number);
    if (!picture)
      throw truthError(`${place}.image_id`, `the id of one of the ${pictures.size} images`, shown(row["image_id"]));
    picture.of.push({ row, place });
  });
  const objects = rows.length === 0 || rows.some((row) => "category_id" in row || "bbox" in row);
  return {
    classes,
    pictures: Array.from(pictures.values(), ({ path, size, of }): AnnotatedPicture => {
      // Said at once, and not when the picture is read.
      const said = objects ? { size, objects: of.map((one) => objectOf(one, size, labels)) } : captionOf(of);
      return { path, annotation: async (seen) => fits(said, size, seen, path, file) };
    }),
    split: true,
    // Classes that the study gives are in its own order.
    notes: given ? [] : gapsText(ids),
  };
}

function parse(text: string, file: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw truthError(file, "JSON", (error as Error).message);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw truthError(file, "an object with images, annotations and categories", shown(value));
  return value as Row;
}

function rowsOf(all: Row, field: string, file: string): Row[] {
  const value = all[field];
  if (!Array.isArray(value))
    throw truthError(`${file}: ${field}`, "a list", `${shown(value)}${nearest(field, Object.keys(all))}`);
  value.forEach((row: unknown, i) => {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      throw truthError(`${file}: ${field}[${i}]`, "an object", shown(row));
  });
  return value as Row[];
}

function whole(value: unknown, place: string, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw truthError(place, `a whole number of at least ${least}`, shown(value));
}

/** Names by label, ids in order, and labels by id. */
function classesOf(categories: readonly Row[], given: readonly string[] | undefined, file: string) {
  const known = categories.map((row, i) => {
    const place = `${file}: categories[${i}]`;
    const { id, name } = row;
    if (typeof name !== "string" || name === "") throw truthError(`${place}.name`, "a name", shown(name));
    return { id: whole(id, `${place}.id`, 0), name, place };
  });
  known.sort((a, b) => a.id - b.id);
  const classes = given ? [...given] : known.map(({ name }) => name);
  const labels = new Map<number, number>();
  for (const { id, name, place } of known) {
    if (labels.has(id)) throw truthError(`${place}.id`, "every id once", `${id} again`);
    labels.set(id, labelOf(name, classes, `${place}.name`));
  }
  return { classes, ids: known.map(({ id }) => id), labels };
}

/** Detectors that were trained on such files as they are answer with ids, those of most other kinds without gaps. */
function gapsText(ids: readonly number[]): string[] {
  const gaps = ids.some((id, label) => label > 0 && id !== ids[label - 1]! + 1);
  return gaps
    ? [`the categories' ids have gaps; a model that answers with ids needs task.numbers: [${ids.join(", ")}]`]
    : [];
}

interface Said {
  row: Row;
  place: string;
}

function captionOf(of: readonly Said[]): Annotation {
  const [first] = of;
  if (!first) return {};
  const { caption } = first.row;
  if (typeof caption !== "string") throw truthError(`${first.place}.caption`, "a text", shown(caption));
  return { text: caption };
}

function objectOf({ row, place }: Said, size: Size, labels: ReadonlyMap<number, number>): ObjectAnnotation {
  const label = labels.get(row["category_id"] as number);
  if (label === undefined) {
    const ids = Array.from(labels.keys());
    const list = ids.length <= 12 ? ids.join(", ") : `${ids.slice(0, 12).join(", ")} ...`;
    throw truthError(`${place}.category_id`, `the id of a category (${list})`, shown(row["category_id"]));
  }
  const numbers = numbersOf(row["bbox"], `${place}.bbox`, (n) => n === 4, "four numbers: left, top, width, height");
  const box = boxWithin(numbers as [number, number, number, number], size, `${place}.bbox`);
  const { area, segmentation, keypoints, iscrowd } = row;
  if (area !== undefined && !(typeof area === "number" && Number.isFinite(area) && area >= 0))
    throw truthError(`${place}.area`, "a number of pixels", shown(area));
  return {
    class: label,
    box,
    ...(area !== undefined && { area }),
    ...((iscrowd === 1 || iscrowd === true) && { crowd: true }),
    ...outlineOf(segmentation, size, `${place}.segmentation`),
    ...(keypoints !== undefined && {
      keypoints: numbersOf(
        keypoints,
        `${place}.keypoints`,
        (n) => n > 0 && n % 3 === 0,
        "x, y, visibility of each keypoint",
      ),
    }),
  };
}

function outlineOf(value: unknown, size: Size, place: string): Partial<ObjectAnnotation> {
  if (value === undefined || value === null) return {};
  if (Array.isArray(value)) {
    const polygons = value.map((one: unknown, i) =>
      numbersOf(one, `${place}[${i}]`, (n) => n >= 6 && n % 2 === 0, "x, y of three points or more"),
    );
    polygons.forEach((outline, i) => checkOutline(outline, size, `${place}[${i}]`));
    return polygons.length === 0 ? {} : { polygons };
  }
  const { counts, size: own } = value as { counts?: unknown; size?: unknown };
  const [height, width] = numbersOf(own, `${place}.size`, (n) => n === 2, "height and width") as [number, number];
  if (height !== size.height || width !== size.width)
    throw truthError(`${place}.size`, `the picture's, [${size.height}, ${size.width}]`, shown(own));
  const expected = `run lengths that fill ${height} x ${width} pixels, as numbers or COCO's text`;
  const mask: RunLengths | undefined =
    typeof counts === "string"
      ? unpackRuns(counts, size)
      : { ...size, counts: numbersOf(counts, `${place}.counts`, () => true, expected) };
  const fills = mask?.counts.every((n) => Number.isInteger(n) && n >= 0);
  if (!mask || !fills || mask.counts.reduce((a, b) => a + b, 0) !== height * width)
    throw truthError(`${place}.counts`, expected, shown(counts));
  return { mask };
}

/** An outline may leave its picture a little; one that lies elsewhere would be walked for ever. */
function checkOutline(outline: readonly number[], { height, width }: Size, place: string): void {
  const far = outline.find((at, i) => {
    const side = i % 2 === 0 ? width : height;
    return at < -side || at > 2 * side;
  });
  if (far !== undefined)
    throw truthError(place, `an outline within its picture of ${width} x ${height} pixels`, `${far}`);
}

function numbersOf(value: unknown, place: string, fits: (length: number) => boolean, expected: string): number[] {
  if (Array.isArray(value) && fits(value.length) && value.every((one) => Number.isFinite(one)))
    return value as number[];
  throw truthError(place, expected, shown(value));
}

/** What is said, if the picture is as large as the file has it. */
function fits(said: Annotation, size: Size, seen: Size, path: string, file: string): Annotation {
  if (size.height === seen.height && size.width === seen.width) return said;
  throw truthError(
    path,
    `a picture of ${size.width} x ${size.height} pixels, as ${file} has it`,
    `${seen.width} x ${seen.height}`,
  );
}

/** Where the pictures are: beside the file, in `images/`, or in a folder that its name ends with (`instances_val2017`). */
async function folderOf(file: string, images: readonly Row[]): Promise<string> {
  const beside = dirname(file);
  const [, ending] = /_([^_]+)\.json$/.exec(basename(file)) ?? [];
  const places = [
    beside,
    join(beside, "images"),
    ...(ending ? [beside, dirname(beside)].flatMap((one) => [join(one, ending), join(one, "images", ending)]) : []),
    join(dirname(beside), "images"),
  ];
  const first = images.find(({ file_name: name }) => typeof name === "string")?.["file_name"] as string | undefined;
  if (first === undefined) return beside;
  for (const place of places) {
    const folder = join(place, dirname(first));
    const { files } = await listFolder(folder, "pictures").catch(() => ({ files: [] as string[] }));
    if (files.includes(basename(first))) return place;
  }
  throw truthError(file, `its pictures beside it, in ${places.slice(1).join(" or ")}`, `no "${first}" there`);
}
