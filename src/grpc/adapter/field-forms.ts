import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** How a field starts on the wire. */
export const wireType = {
  varint: 0,
  fixed64: 1,
  lengthDelimited: 2,
  group: 3,
  groupEnd: 4,
  fixed32: 5,
} as const;

/** What a known field looks like on the wire. */
export interface FieldForm {
  readonly wireType: number;
  /** Numbers that may also come packed together. */
  readonly packed?: boolean;
  /** The fields of a field that is a message. */
  readonly fields?: () => FieldForms;
}

/** The fields of a message, by number. */
export type FieldForms = ReadonlyMap<number, FieldForm>;

export const noForms: FieldForms = new Map();

const formsByMessage = new WeakMap<DescMessage, FieldForms>();

export function formsOf(schema: DescMessage): FieldForms {
  let forms = formsByMessage.get(schema);
  if (forms === undefined) {
    forms = new Map(schema.fields.map((field) => [field.number, formOf(field)]));
    formsByMessage.set(schema, forms);
  }
  return forms;
}

function formOf(field: DescField): FieldForm {
  switch (field.fieldKind) {
    case "message":
      return messageForm(field.message);
    case "enum":
      return { wireType: wireType.varint };
    case "scalar":
      return { wireType: wireTypeOf(field.scalar) };
    case "list":
      if (field.listKind === "message") return messageForm(field.message);
      return numbersForm(field.listKind === "enum" ? ScalarType.INT32 : field.scalar);
    case "map": {
      const value = field.mapKind === "message" ? messageForm(field.message) : undefined;
      const scalar = field.mapKind === "scalar" ? field.scalar : ScalarType.INT32;
      const entry: FieldForms = new Map([
        [1, { wireType: wireTypeOf(field.mapKey) }],
        [2, value ?? { wireType: wireTypeOf(scalar) }],
      ]);
      return { wireType: wireType.lengthDelimited, fields: () => entry };
    }
  }
}

/** A message may hold itself, so its fields are looked up when they are needed. */
function messageForm(schema: DescMessage): FieldForm {
  return { wireType: wireType.lengthDelimited, fields: () => formsOf(schema) };
}

function numbersForm(scalar: ScalarType): FieldForm {
  const type = wireTypeOf(scalar);
  return { wireType: type, packed: type !== wireType.lengthDelimited };
}

function wireTypeOf(scalar: ScalarType): number {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return wireType.lengthDelimited;
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.FLOAT:
      return wireType.fixed32;
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.DOUBLE:
      return wireType.fixed64;
    default:
      return wireType.varint;
  }
}
