import type { FieldType } from "./protobuf.ts";

/** Layouts of a field's bytes; https://protobuf.dev/programming-guides/encoding/#structure. */
export const wireTypes = {
  varint: 0,
  fixed64: 1,
  lengthDelimited: 2,
  startGroup: 3,
  endGroup: 4,
  fixed32: 5,
} as const;

export function wireTypeOf({ type }: FieldType): 0 | 2 {
  switch (type) {
    case "int32":
    case "bool":
    case "enum":
      return wireTypes.varint;
    case "string":
    case "bytes":
    case "message":
      return wireTypes.lengthDelimited;
  }
}
