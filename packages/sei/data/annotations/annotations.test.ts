/** @file Files of truths: what is read from each kind, and what is wrong in them said with its place. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { readFileSync } from "node:fs";
import type { Annotation } from "@split-et-impera/core/task";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Split } from "../subset.ts";
import { readCocoFolder, readMaskFolder, readVocFolder, readYoloFolder, type Annotated } from "./index.ts";
import { readIndices } from "./png-indices.ts";
import { unpackRuns } from "./run-lengths.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-truths-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

const size = { height: 100, width: 200 };
type Reader = (path: string, split: Split, classes?: readonly string[]) => Promise<Annotated>;
const read = async (reader: Reader, split: Split = "test", classes?: readonly string[]) => {
  const found = await reader(folder, split, classes);
  const said: Annotation[] = [];
  for (const picture of found.pictures) said.push(await picture.annotation(size));
  return { ...found, said, names: found.pictures.map(({ path }) => path.slice(folder.length + 1)) };
};
/** What is wrong, from the folder on. */
const wrong = (reader: Reader, ...more: [Split?, (readonly string[])?]): Promise<string> =>
  read(reader, ...more).then(
    () => "nothing",
    (error: Error) => error.message.replaceAll(`${folder}/`, ""),
  );

describe("COCO", () => {
  const coco = (...annotations: object[]) => ({
    images: [
      { id: 7, file_name: "a.jpg", height: 100, width: 200 },
      { id: 9, file_name: "b.jpg", height: 100, width: 200 },
    ],
    categories: [
      { id: 5, name: "dog" },
      { id: 2, name: "cat" },
    ],
    annotations,
  });
  const write = (value: object): Promise<void> => put({ "annotations.json": JSON.stringify(value), "a.jpg": "" });
  const box = { image_id: 7, category_id: 5, bbox: [10, 20, 30, 40] };

  test("boxes, crowds, outlines, run lengths and keypoints; classes in the order of their ids", async () => {
    await write(
      coco(
        { ...box, area: 600, iscrowd: 0, segmentation: [[10, 20, 40, 20, 40, 60]] },
        { ...box, category_id: 2, iscrowd: 1, segmentation: { size: [100, 200], counts: [20_000] } },
        { ...box, image_id: 9, keypoints: [1, 2, 2, 0, 0, 0] },
      ),
    );
    const { classes, said, names, split, notes } = await read(readCocoFolder);
    expect({ classes, names, split, notes }).toEqual({
      notes: ["the categories' ids have gaps; a model that answers with ids needs task.numbers: [2, 5]"],
      classes: ["cat", "dog"],
      names: ["a.jpg", "b.jpg"],
      split: false,
    });
    expect(said).toEqual([
      {
        size,
        objects: [
          { class: 1, box: [10, 20, 30, 40], area: 600, polygons: [[10, 20, 40, 20, 40, 60]] },
          { class: 0, box: [10, 20, 30, 40], crowd: true, mask: { ...size, counts: [20_000] } },
        ],
      },
      { size, objects: [{ class: 1, box: [10, 20, 30, 40], keypoints: [1, 2, 2, 0, 0, 0] }] },
    ]);
  });

  test("captions are texts; splits have files of their own, pictures a folder near them", async () => {
    const { images } = coco();
    const captions = {
      images,
      annotations: [
        { image_id: 7, caption: "a dog" },
        { image_id: 9, caption: "a cat" },
      ],
    };
    await put({ "annotations/captions_val2017.json": JSON.stringify(captions), "val2017/a.jpg": "" });
    const { said, names, split } = await read(readCocoFolder);
    expect([said, names, split]).toEqual([
      [{ text: "a dog" }, { text: "a cat" }],
      ["val2017/a.jpg", "val2017/b.jpg"],
      true,
    ]);
    expect(await wrong(readCocoFolder, "train")).toMatch(/annotations\/instances_train2017\.json, got none of them/);
  });

  test("compressed run lengths are those that COCO's own tools pack", () => {
    const golden = JSON.parse(
      readFileSync(new URL("../../../core/task/segmentation/testing/polygon-golden.json", import.meta.url), "utf8"),
    ) as { height: number; width: number; counts: number[]; packed: string }[];
    for (const { height, width, counts, packed } of golden)
      expect(unpackRuns(packed, { height, width })).toEqual({ height, width, counts });
    for (const text of ["", "\u0001", "0", "ooooooooo"])
      expect(unpackRuns(text, { height: 2, width: 3 })).toBeUndefined();
  });

  test.each([
    [
      "a box outside",
      { ...box, bbox: [150, 20, 80, 40] },
      "annotations[0].bbox: expected a box within its picture of 200 x 100 pixels, got [150, 20, 80, 40]; inside it is [150, 20, 50, 40]",
    ],
    [
      "a box without a size",
      { ...box, bbox: [1, 2, 0, 3] },
      "annotations[0].bbox: expected a box of a width and a height above 0 (left, top, width, height), got [1, 2, 0, 3]",
    ],
    ["no box", { ...box, bbox: "x" }, 'annotations[0].bbox: expected four numbers: left, top, width, height, got "x"'],
    [
      "an unknown category",
      { ...box, category_id: 3 },
      "annotations[0].category_id: expected the id of a category (2, 5), got 3",
    ],
    [
      "an unknown picture",
      { ...box, image_id: 1 },
      "annotations[0].image_id: expected the id of one of the 2 images, got 1",
    ],
    [
      "an outline of two points",
      { ...box, segmentation: [[1, 2, 3, 4]] },
      "annotations[0].segmentation[0]: expected x, y of three points or more, got [1,2,3,4]",
    ],
    [
      "run lengths of another picture",
      { ...box, segmentation: { size: [2, 3], counts: [6] } },
      "annotations[0].segmentation.size: expected the picture's, [100, 200], got [2,3]",
    ],
    [
      "run lengths that fill nothing",
      { ...box, segmentation: { size: [100, 200], counts: "0" } },
      'annotations[0].segmentation.counts: expected run lengths that fill 100 x 200 pixels, as numbers or COCO\'s text, got "0"',
    ],
    [
      "an outline elsewhere",
      { ...box, segmentation: [[1, 2, 3, 4, 1e9, 6]] },
      "annotations[0].segmentation[0]: expected an outline within its picture of 200 x 100 pixels, got 1000000000",
    ],
    [
      "keypoints in pairs",
      { ...box, keypoints: [1, 2] },
      "annotations[0].keypoints: expected x, y, visibility of each keypoint, got [1,2]",
    ],
  ])("%s", async (_, row, message) => {
    await write(coco(row));
    expect(await wrong(readCocoFolder)).toBe(`annotations.json: ${message}`);
  });

  test("other classes than the study's, another picture than the file's, and what is no COCO file", async () => {
    await write(coco(box));
    expect(await wrong(readCocoFolder, "test", ["cats", "dog"])).toBe(
      'annotations.json: categories[1].name: expected one of the 2 classes (cats, dog), got "cat"; did you mean "cats"?',
    );
    const { pictures } = await readCocoFolder(folder, "test");
    await expect(pictures[0]!.annotation({ height: 200, width: 100 })).rejects.toThrow(
      /a\.jpg: expected a picture of 200 x 100 pixels, as .*annotations\.json has it, got 100 x 200/,
    );
    await write({ image: [] });
    expect(await wrong(readCocoFolder)).toBe(
      'annotations.json: images: expected a list, got nothing; did you mean "image"?',
    );
    await put({ "annotations.json": "{" });
    expect(await wrong(readCocoFolder)).toMatch(/^annotations\.json: expected JSON, got /);
    await rm(join(folder, "a.jpg"));
    await put({ "annotations.json": JSON.stringify(coco(box)) });
    expect(await wrong(readCocoFolder)).toMatch(/expected its pictures beside it.*got no "a\.jpg" there/);
  });
});

describe("YOLO", () => {
  const picture = (name: string) => ({ [name]: "" });

  test("boxes and outlines in shares of the picture; a picture without a file has no objects", async () => {
    await put({
      ...picture("images/a.jpg"),
      ...picture("images/b.jpg"),
      "labels/a.txt": "1 0.5 0.5 0.2 0.4\n\n0 0.1 0.1 0.3 0.1 0.3 0.5\n",
      "classes.txt": "cat\ndog\n",
    });
    const { said, classes, split } = await read(readYoloFolder);
    expect([classes, split]).toEqual([["cat", "dog"], false]);
    expect(said[1]).toEqual({ size, objects: [] });
    const [first, second] = said[0]!.objects!;
    expect(first).toEqual({ class: 1, box: [80, 30, 40, 40] });
    expect(second!.polygons).toEqual([[20, 10, 60, 10, 60, 50]]);
    expect(second!.box).toEqual([20, 10, 40, 40]);
  });

  test("data.yaml says classes, folders and keypoints", async () => {
    await put({
      "data.yaml": "path: .\ntrain: ../train/images\nval: images/val\nnames: {0: hand}\nkpt_shape: [2, 3]\n",
      ...picture("images/val/a.png"),
      ...picture("train/images/b.png"),
      "labels/val/a.txt": "0 0.5 0.5 0.2 0.4 0.5 0.5 2 0 0 0",
      "train/labels/b.txt": "0 0.5 0.5 0.2 0.4 0.1 0.2 1 0.3 0.4 2",
    });
    const test = await read(readYoloFolder);
    expect(test.said[0]!.objects).toEqual([{ class: 0, box: [80, 30, 40, 40], keypoints: [100, 50, 2, 0, 0, 0] }]);
    expect([test.classes, test.split, test.names]).toEqual([["hand"], true, ["images/val/a.png"]]);
    const train = await read(readYoloFolder, "train");
    expect(train.said[0]!.objects![0]!.keypoints).toEqual([20, 20, 1, 60, 40, 2]);
  });

  test.each([
    ["2 0.5 0.5 0.2 0.4", "expected a class from 0 to 1 (2 classes), got 2"],
    [
      "1 0.5 0.5 0.2",
      "expected class and box (4 numbers), or class and the x and y of three points or more, got 4 numbers",
    ],
    ["1 0.5 x 0.2 0.4", 'expected numbers, got "x"'],
    ["1 100 50 40 40", "expected shares of the picture from 0 to 1, got 100; are these pixels?"],
    [
      "1 0.95 0.5 0.2 0.4",
      "expected a box within its picture of 200 x 100 pixels, got [170, 30, 40, 40]; inside it is [170, 30, 30, 40]",
    ],
  ])("%s", async (line, message) => {
    await put({
      ...picture("images/a.jpg"),
      "labels/a.txt": `1 0.5 0.5 0.2 0.4\n${line}\n`,
      "classes.txt": "cat\ndog\n",
    });
    expect(await wrong(readYoloFolder)).toBe(`labels/a.txt:2: ${message}`);
  });

  test("what data.yaml lacks, and classes that nobody tells", async () => {
    await put({ "data.yaml": "names: 3\n" });
    expect(await wrong(readYoloFolder)).toBe(
      "data.yaml: names: expected the classes' names in a list, or by number, got 3",
    );
    await put({ "data.yaml": "names: [a]\nkpt_shape: 17\n" });
    expect(await wrong(readYoloFolder)).toMatch(/^data\.yaml: kpt_shape: expected .*, got 17$/);
    await rm(join(folder, "data.yaml"));
    await put(picture("images/a.jpg"));
    expect(await wrong(readYoloFolder)).toMatch(
      /expected classes in data\.yaml \(names\), classes\.txt, or the study's data\.classes, got none$/,
    );
  });
});

describe("Pascal VOC", () => {
  const object = (name: string, box: number[], more = "") =>
    `<object>\n<name>${name}</name>${more}<bndbox><xmin>${box[0]}</xmin><ymin>${box[1]}</ymin><xmax>${box[2]}</xmax><ymax>${box[3]}</ymax></bndbox></object>\n`;
  const xml = (file: string, ...objects: string[]) =>
    `<annotation>\n<filename>${file}</filename><size><width>200</width><height>100</height></size>\n${objects.join("")}</annotation>`;

  test("boxes from the first pixel to the last, difficult objects, parts that are none", async () => {
    const part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part><difficult>1</difficult>";
    await put({
      "Annotations/1.xml": xml("1.jpg", object("dog", [11, 21, 40, 60]), object("cat", [1, 1, 200, 100], part)),
      "Annotations/2.xml": xml("2.jpg"),
      "JPEGImages/1.jpg": "",
      "JPEGImages/2.jpg": "",
      "ImageSets/Main/val.txt": "1\n",
    });
    const { classes, said, split, names } = await read(readVocFolder);
    expect([classes, split, names]).toEqual([["cat", "dog"], true, ["JPEGImages/1.jpg"]]);
    expect(said[0]!.objects).toEqual([
      { class: 1, box: [10, 20, 30, 40] },
      { class: 0, box: [0, 0, 200, 100], crowd: true },
    ]);
    expect((await read(readVocFolder, "train")).split).toBe(false);
  });

  test.each([
    ["<annotation><object>", /1\.xml:1: expected well-formed XML, got unclosed tag/],
    ["<html></html>", /1\.xml:1: expected <annotation>, got <html>/],
    [
      xml("1.jpg", object("dog", [1, 1, 50, 50]), object("dog", [1, 2, 3, Number.NaN])),
      /1\.xml:5: expected a number in <bndbox><ymax> of "dog", got NaN/,
    ],
    [
      xml("1.jpg", object("dog", [150, 1, 260, 50])),
      /1\.xml:3: expected a box within its picture of 200 x 100 pixels, got \[149, 0, 111, 50\]; inside it is \[149, 0, 51, 50\]/,
    ],
    [xml("9.jpg").replace("200", "300"), /1\.xml: expected <size> of the picture, 200 x 100, got 300 x 100/],
    [
      xml("1.jpg", object("dgo", [1, 1, 50, 50])),
      /1\.xml:3: expected one of the 2 classes \(cat, dog\), got "dgo"; did you mean "dog"/,
    ],
  ])("%s", async (text, message) => {
    await put({ "1.xml": text, "1.jpg": "" });
    expect(await wrong(readVocFolder, "test", ["cat", "dog"])).toMatch(message);
  });
});

describe("masks", () => {
  test("are numbers, not colours, in every depth; 255 is void", async () => {
    const values = Uint8Array.from({ length: 20_000 }, (_, i) => (i === 5 ? 255 : i % 2));
    const grey = await sharp(values, { raw: { ...size, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    await put({ "images/a.jpg": "", "images/b.jpg": "", "masks/a.png": grey, "classes.txt": "sky\nroad\n" });
    const { said, split, notes, classes } = await read(readMaskFolder);
    expect([split, notes, classes]).toEqual([
      false,
      ["1 of 2 pictures have no mask and are passed over"],
      ["sky", "road"],
    ]);
    expect(Array.from(said[0]!.mask!.classes)).toEqual(Array.from(values));
  });

  test.each([1, 2, 4, 8])("a palette of %i bits", async (depth) => {
    const count = 11;
    const values = Array.from({ length: 3 * count }, (_, i) => (i * 7) % 2 ** depth);
    await put({ "mask.png": png({ width: count, height: 3, depth, colour: 3 }, values) });
    const found = await readIndices(join(folder, "mask.png"));
    expect([found.height, found.width, Array.from(found.values)]).toEqual([3, count, values]);
  });

  test("colours, other sizes, and numbers of no class are refused", async () => {
    const write = (bytes: Uint8Array) =>
      put({ "images/a.jpg": "", "masks/a.png": bytes, "classes.txt": "sky\nroad\n" });
    await write(
      await sharp({ create: { ...size, channels: 3, background: "red" } })
        .png()
        .toBuffer(),
    );
    expect(await wrong(readMaskFolder)).toBe(
      "masks/a.png: expected a PNG of palette or grey indices, got colours; a class for each is not known",
    );
    await write(png({ width: 3, height: 1, depth: 8, colour: 0 }, [0, 1, 2]));
    expect(await wrong(readMaskFolder)).toBe(
      "masks/a.png: expected a mask of its picture's size, 200 x 100, got 3 x 1",
    );
    await write(
      png(
        { width: 200, height: 100, depth: 8, colour: 0 },
        Array.from({ length: 20_000 }, (_, i) => (i === 207 ? 9 : 0)),
      ),
    );
    expect(await wrong(readMaskFolder)).toBe(
      "masks/a.png: row 1, column 7: expected a class from 0 to 1 (road), or 255 for void, got 9",
    );
    await write(Uint8Array.of(1, 2, 3));
    expect(await wrong(readMaskFolder)).toBe(
      "masks/a.png: expected a PNG of palette or grey indices, got another file",
    );
  });
});

/** A PNG of indices, with no checksums that anyone reads. */
function png(
  { width, height, depth, colour }: { width: number; height: number; depth: number; colour: number },
  values: number[],
): Uint8Array {
  const stride = Math.ceil((width * depth) / 8);
  const rows = new Uint8Array(height * (stride + 1));
  values.forEach((value, i) => {
    const [y, bit] = [Math.floor(i / width), (i % width) * depth];
    rows[y * (stride + 1) + 1 + (bit >> 3)]! |= value << (8 - depth - (bit & 7));
  });
  const chunk = (kind: string, data: Uint8Array): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(kind, 4, "latin1");
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
