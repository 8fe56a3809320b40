/** @file Readers of data sets: every format, its files changed one at a time. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import sharp from "sharp";
import { dataFormats, openData, type FormatName } from "../../packages/sei/dist/data/index.js";
import { wavOf } from "../../packages/sei/data/audio/testing/sound-files.ts";
import { mutateBytes } from "../mutate/bytes.ts";
import type { Target } from "../target.ts";

/** A folder: bytes by relative path. */
type Folder = Record<string, Uint8Array>;

function npy(type: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const padded = header.padEnd(128 - 11, " ") + "\n";
  const start = strToU8("\u0093NUMPY\u0001\u0000", true);
  const length = Uint8Array.of(padded.length & 255, padded.length >> 8);
  return Uint8Array.from([...start, ...length, ...strToU8(padded), ...data]);
}

function idx(dims: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + dims.length);
  dims.forEach((dim, i) => view.setUint32(4 + 4 * i, dim));
  bytes.set(data, 4 + 4 * dims.length);
  return bytes;
}

const counted = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (i * 7) % 256);
const labels = Uint8Array.of(0, 1, 2, 0, 1, 2);

async function seeds(): Promise<Record<string, Folder>> {
  const picture = sharp({ create: { width: 9, height: 8, channels: 3, background: "#369" } });
  const [png, jpeg, webp] = await Promise.all([
    picture.clone().png().toBuffer(),
    picture.clone().jpeg().toBuffer(),
    picture.clone().webp().toBuffer(),
  ]);
  const arrays = {
    "x_test.npy": npy("|u1", [6, 4, 4], counted(96)),
    "y_test.npy": npy(
      "<i4",
      [6],
      Uint8Array.from(labels, (label) => label).map((label) => label),
    ),
  };
  arrays["y_test.npy"] = npy("|u1", [6], labels);
  const box = { image_id: 1, category_id: 1, bbox: [1, 1, 4, 5], area: 9, iscrowd: 0, keypoints: [1, 2, 2] };
  const coco = {
    images: [{ id: 1, file_name: "1.png", height: 8, width: 9 }],
    categories: [{ id: 1, name: "a" }],
    annotations: [
      { ...box, segmentation: [[1, 1, 5, 1, 5, 6]] },
      { ...box, segmentation: { size: [8, 9], counts: [10, 5, 57] } },
      { ...box, segmentation: { size: [8, 9], counts: ":5i1" } },
    ],
  };
  const corners = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>5</ymax></bndbox>";
  const xml = `<annotation><filename>1.png</filename>\n<object><name>a</name>${corners}</object></annotation>`;
  const mask = await sharp(
    counted(72).map((byte) => byte % 2),
    { raw: { width: 9, height: 8, channels: 1 } },
  )
    .toColourspace("b-w")
    .png()
    .toBuffer();
  const floats = new Uint8Array(Float64Array.from({ length: 24 }, (_, i) => i / 24).buffer);
  return {
    idx: { "t10k-images-idx3-ubyte": idx([6, 4, 4], counted(96)), "t10k-labels-idx1-ubyte": idx([6], labels) },
    cifar10: { "test_batch.bin": counted(3 * 3073).map((byte, i) => (i % 3073 === 0 ? i % 10 : byte)) },
    npy: { ...arrays, "classes.txt": strToU8("a\nb\nc\n") },
    npz: { "data.npz": zipSync({ "x.npy": npy("<f8", [6, 4], floats), "y.npy": npy("|u1", [6], labels) }) },
    coco: { "annotations.json": strToU8(JSON.stringify(coco)), "1.png": png },
    yolo: {
      "images/1.png": png,
      "labels/1.txt": strToU8("0 0.5 0.5 0.5 0.25 0.1 0.2 2\n"),
      "data.yaml": strToU8("names: [a, b]\nval: images\nkpt_shape: [1, 3]\n"),
    },
    outlines: {
      "images/1.png": png,
      "labels/1.txt": strToU8("0 0.5 0.5 0.5 0.25\n1 0.1 0.1 0.5 0.1 0.5 0.9\n"),
      "classes.txt": strToU8("a\nb\n"),
    },
    voc: { "Annotations/1.xml": strToU8(xml), "JPEGImages/1.png": png },
    masks: { "images/1.png": png, "masks/1.png": mask, "classes.txt": strToU8("a\nb\n") },
    audio: {
      "a.wav": wavOf([Array.from(counted(60), (byte) => byte / 256)]),
      "labels.tsv": strToU8("file\tstart\tend\na.wav\t0\t1\n"),
    },
    table: { "1.png": png, "2.jpg": jpeg, "labels.csv": strToU8('file,text,value\n1.png,"a, b",1\n2.jpg,c,2\n') },
    images: { "a/1.png": png, "a/2.jpg": jpeg, "b/1.webp": webp, "b/2.png": png, "classes.txt": strToU8("a\nb\n") },
  };
}

const formatOf: Record<string, FormatName> = {
  idx: "idx",
  cifar10: "cifar10",
  npy: "npy",
  npz: "npy",
  coco: "coco",
  yolo: "yolo",
  outlines: "yolo",
  voc: "voc",
  masks: "masks",
  audio: "audio",
  table: "table",
  images: "images",
};

/** A decoder of pictures takes its time. */
const pictured: ReadonlySet<string> = new Set(["images", "coco", "yolo", "outlines", "voc", "masks", "table"]);

export const data: readonly Target[] = Object.entries(formatOf).map(([name, format]): Target => ({
  name: `data: ${name}`,
  share: pictured.has(name) ? 1500 : 3000,
  seeds: async () => [(await seeds())[name]],
  mutate(seed, random) {
    const folder = { ...(seed as Folder) };
    const files = Object.keys(folder);
    const file = files[random.integer(files.length)]!;
    if (random.integer(12) === 0) delete folder[file];
    else folder[file] = mutateBytes(folder[file]!, random);
    return folder;
  },
  async read(input, folder) {
    for (const [file, bytes] of Object.entries(input as Folder)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), bytes);
    }
    const path = name === "npz" ? join(folder, "data.npz") : folder;
    const opened = await openData(
      {
        format,
        path,
        normalise: dataFormats[format].normalise,
        layout: "NCHW",
        limit: { test: 8, train: 8 },
        ...(format === "audio" && { sound: { window: 10 } }),
      },
      "test",
    );
    opened.batch([0]);
    opened.annotation(0);
  },
}));
