import type { DescMessage } from "@bufbuild/protobuf";
import { messageDepthMax, messagePartsMax } from "../../limits.ts";
import { type FieldForm, type FieldForms, formsOf, noForms, wireType } from "./field-forms.ts";

/** What is wrong with a message before it is decoded. */
export type PartsFault = "too many" | { readonly malformed: string };

/**
 * Counts the parts of a message, at all its levels together, before any object is built: two million empty operations
 * fit into 4 MiB, and decoding them would hold the event loop for seconds. Only fields that the schema calls messages
 * are looked into, so a node's data costs nothing.
 *
 * The decoder trusts lengths and wire types: it reads a length in a field of numbers as a number, and its bytes as
 * fields. So everything here is strict; a message that could be read in two ways is rejected.
 */
export function faultInParts(
  schema: DescMessage,
  bytes: Uint8Array,
  partsMax = messagePartsMax,
): PartsFault | undefined {
  // A part takes at least one byte, so most messages need not be looked at.
  if (bytes.length <= partsMax) return undefined;
  return new PartCounter(bytes, partsMax).fields(formsOf(schema), bytes.length, 0);
}

class PartCounter {
  readonly #bytes: Uint8Array;
  #at = 0;
  #left: number;

  constructor(bytes: Uint8Array, partsMax: number) {
    this.#bytes = bytes;
    this.#left = partsMax;
  }

  /** Counts the fields up to `end`. */
  fields(forms: FieldForms, end: number, depth: number): PartsFault | undefined {
    if (depth > messageDepthMax) return tooDeep;
    while (this.#at < end) {
      const tag = this.#varint();
      const fault = tag % 8 === wireType.groupEnd ? malformedTag : this.#field(tag, forms, end, depth);
      if (fault !== undefined) return fault;
    }
    return this.#at === end ? undefined : truncated;
  }

  /** The fields of a group, which no schema knows. */
  #group(field: number, end: number, depth: number): PartsFault | undefined {
    if (depth > messageDepthMax) return tooDeep;
    while (this.#at < end) {
      const tag = this.#varint();
      if (tag % 8 === wireType.groupEnd) return numberOf(tag) === field ? undefined : malformedTag;
      const fault = this.#field(tag, noForms, end, depth);
      if (fault !== undefined) return fault;
    }
    return truncated;
  }

  #field(tag: number, forms: FieldForms, end: number, depth: number): PartsFault | undefined {
    if (--this.#left < 0) return "too many";
    if (tag > tagMax) return malformedTag;
    const number = numberOf(tag);
    const type = tag % 8;
    const form = forms.get(number);
    if (form !== undefined && type !== form.wireType) {
      if (type !== wireType.lengthDelimited || form.packed !== true) {
        return { malformed: `field ${number} has wire type ${type}` };
      }
    }
    switch (type) {
      case wireType.varint:
        this.#varint();
        return undefined;
      case wireType.fixed64:
        this.#at += 8;
        return undefined;
      case wireType.fixed32:
        this.#at += 4;
        return undefined;
      case wireType.lengthDelimited:
        return this.#lengthDelimited(form, end, depth);
      case wireType.group:
        return this.#group(number, end, depth + 1);
      default:
        return malformedTag;
    }
  }

  #lengthDelimited(form: FieldForm | undefined, limit: number, depth: number): PartsFault | undefined {
    const length = this.#varint();
    const end = this.#at + length;
    if (end > limit) return truncated;
    if (form?.fields !== undefined) return this.fields(form.fields(), end, depth + 1);
    const fault = form?.packed ? this.#numbers(form.wireType, end) : undefined;
    this.#at = end;
    return fault;
  }

  /** Counts numbers that are packed together. */
  #numbers(type: number, end: number): PartsFault | undefined {
    if (type === wireType.varint) {
      for (let at = this.#at; at < end; at++)
        if (this.#bytes[at]! < 128 && --this.#left < 0) return "too many";
      return end === this.#at || this.#bytes[end - 1]! < 128 ? undefined : truncated;
    }
    const count = (end - this.#at) / (type === wireType.fixed32 ? 4 : 8);
    this.#left -= count;
    if (this.#left < 0) return "too many";
    return Number.isInteger(count) ? undefined : truncated;
  }

  /** Numbers that are too large for a tag or a length stay too large. */
  #varint(): number {
    let value = 0;
    let scale = 1;
    while (this.#at < this.#bytes.length) {
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    // No end, so no number: past every bound.
    this.#at++;
    return Number.POSITIVE_INFINITY;
  }
}

function numberOf(tag: number): number {
  return Math.floor(tag / 8);
}

const tagMax = 0xffff_ffff;
const tooDeep: PartsFault = { malformed: `more than ${messageDepthMax} levels` };
const malformedTag: PartsFault = { malformed: "a tag that there is not" };
const truncated: PartsFault = { malformed: "a field that ends past the end of its message" };
