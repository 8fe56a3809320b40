/** @file Protocol Buffers messages from a table of their fields, without a compiler: their descriptors are made here. */
import { createFileRegistry, create, type DescMessage } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** `bool`, `int64`, ... or another message's name; `repeated X`, `map X` (from strings), `oneof X`. */
export type FieldKind = string;
/** By field: its number and kind. */
export type Fields = Readonly<Record<string, readonly [number: number, kind: FieldKind]>>;

const scalars: Readonly<Record<string, Type>> = {
  bool: Type.BOOL,
  bytes: Type.BYTES,
  double: Type.DOUBLE,
  float: Type.FLOAT,
  int32: Type.INT32,
  int64: Type.INT64,
  string: Type.STRING,
  uint32: Type.UINT32,
  uint64: Type.UINT64,
};

/**
 * Descriptors of messages (proto3), by name. All `oneof` fields of a message are one choice, called `choice`.
 * @param scope their package
 */
export function messageTypes<Name extends string>(
  scope: string,
  messages: Readonly<Record<Name, Fields>>,
): Record<Name, DescMessage> {
  const ofKind = (kind: string) => {
    const scalar = scalars[kind];
    return scalar === undefined ? { type: Type.MESSAGE, typeName: `.${scope}.${kind}` } : { type: scalar };
  };
  const names = Object.keys(messages) as Name[];
  const file = create(FileDescriptorProtoSchema, {
    name: `${scope}.proto`,
    package: scope,
    syntax: "proto3",
    messageType: names.map((name) => {
      const fields = Object.entries(messages[name]);
      const maps = fields.flatMap(([field, [, kind]]) =>
        kind.startsWith("map ") ? [{ field, of: kind.slice(4) }] : [],
      );
      return {
        name,
        field: fields.map(([field, [number, kind]]) => {
          const [word, of] = kind.includes(" ") ? (kind.split(" ") as [string, string]) : ["", kind];
          const label = word === "repeated" || word === "map" ? Label.REPEATED : Label.OPTIONAL;
          const type = word === "map" ? ofKind(`${name}.${entryOf(field)}`) : ofKind(of);
          return { name: field, jsonName: field, number, label, ...type, ...(word === "oneof" && { oneofIndex: 0 }) };
        }),
        oneofDecl: fields.some(([, [, kind]]) => kind.startsWith("oneof ")) ? [{ name: "choice" }] : [],
        nestedType: maps.map(({ field, of }) => ({
          name: entryOf(field),
          options: { mapEntry: true },
          field: [
            { name: "key", number: 1, label: Label.OPTIONAL, type: Type.STRING },
            { name: "value", number: 2, label: Label.OPTIONAL, ...ofKind(of) },
          ],
        })),
      };
    }),
  });
  const registry = createFileRegistry(file, () => undefined);
  return Object.fromEntries(names.map((name) => [name, registry.getMessage(`${scope}.${name}`)!])) as Record<
    Name,
    DescMessage
  >;
}

/** As compilers name the pairs of a map's field. */
const entryOf = (field: string): string =>
  `${field.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Entry`;
