/** @file Forms in which answers travel: a class with its score, a row of numbers, or whatever a task says, as JSON. */
import { InputError } from "../errors/index.ts";
import type { AgreementAnswer, AnyTask, Binding } from "../task/index.ts";
import { isPlain } from "./plain.ts";

/** What is said of a frame. */
export interface Answer {
  /** As the task says it: what it judges. */
  says: unknown;
  /** Where it is a class: its score among the outputs. */
  score?: number;
}

/** How the answers of a task are written; little-endian. */
export interface AnswerForm {
  kind: "class" | "values" | "json";
  /** Of this answer. */
  bytes(says: unknown): number;
  /**
   * @param most bytes that it may take
   * @throws InputError ERR_ANSWER where it takes more, and the task does not say what of it matters most
   */
  write(answer: Answer, most: number): Uint8Array<ArrayBuffer>;
  /** Undefined where the bytes are no such answer. What lies behind it is not looked at; behind JSON it is blank. */
  read(bytes: Uint8Array): Answer | undefined;
}

/** The class of an answer that is one. */
export const classSaid = (says: unknown): number =>
  typeof says === "number" ? says : (says as Extract<AgreementAnswer, { class: number }>).class;

/** The form that the task's own compact one asks for, else JSON. */
export function answerForm(task: AnyTask, reads: Binding): AnswerForm {
  const compact = task.compact?.(reads);
  if (!compact) return jsonForm(task);
  const { kind, columns } = compact;
  return kind === "class" ? classForm(columns, compact.says) : valuesForm(columns, compact.says);
}

/** uint32, float32. One column tells two classes. */
const classForm = (columns: number, said: (label: number) => unknown): AnswerForm => ({
  kind: "class",
  bytes: () => 8,
  write({ says, score = 0 }) {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, classSaid(says), true);
    view.setFloat32(4, score, true);
    return new Uint8Array(view.buffer);
  },
  read(bytes) {
    if (bytes.length < 8) return undefined;
    const view = viewOf(bytes);
    const label = view.getUint32(0, true);
    return label < Math.max(2, columns) ? { says: said(label), score: view.getFloat32(4, true) } : undefined;
  },
});

/** float32 each. */
const valuesForm = (columns: number, said: (values: number[]) => unknown): AnswerForm => ({
  kind: "values",
  bytes: () => 4 * columns,
  write({ says }) {
    const view = new DataView(new ArrayBuffer(4 * columns));
    const [values] = Array.isArray(says) ? [says as number[]] : (Object.values(says as object) as [number[]]);
    values.forEach((value, i) => view.setFloat32(4 * i, value, true));
    return new Uint8Array(view.buffer);
  },
  read(bytes) {
    if (bytes.length < 4 * columns) return undefined;
    const view = viewOf(bytes);
    return { says: said(Array.from({ length: columns }, (_, i) => view.getFloat32(4 * i, true))) };
  },
});

const jsonForm = (task: AnyTask): AnswerForm => ({
  kind: "json",
  bytes: (says) => jsonBytes(says).length,
  write({ says }, most) {
    const bytes = jsonBytes(says);
    if (bytes.length <= most) return bytes;
    if (!task.surestFirst)
      throw new InputError(
        "ERR_ANSWER",
        `the answer takes ${bytes.length} bytes, more than the ${most} of the manifest`,
      );
    return jsonBytes(beginning(says as readonly unknown[], most));
  },
  read(bytes) {
    try {
      const says: unknown = JSON.parse(new TextDecoder().decode(bytes));
      return isPlain(says) ? { says } : undefined;
    } catch {
      return undefined;
    }
  },
});

const jsonBytes = (value: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));

/** As many of a list, from its first on, as fit into so many bytes of JSON. */
function beginning(list: readonly unknown[], most: number): unknown[] {
  // The brackets; each takes a comma too, but for the first.
  let left = most - 1;
  const end = list.findIndex((one) => (left -= jsonBytes(one).length + 1) < 0);
  return end < 0 ? [...list] : list.slice(0, end);
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView => new DataView(buffer, byteOffset, length);
