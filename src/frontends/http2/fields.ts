import type { FieldList } from "./hpack/decoder.ts";

/** The header block of a request that is well formed (RFC 9113, 8.3.1). One object serves all requests with the same block. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly scheme: string;
  readonly authority: string | undefined;
  /** Regular fields: a name, its value, the next name, ... */
  readonly fields: readonly string[];
  /** The value of `content-length`; -1 for none. */
  readonly contentLength: number;
  /** Larger than SETTINGS_MAX_HEADER_LIST_SIZE: `fields` has only the beginning. */
  readonly isTooLarge: boolean;
}

/** Lists are remembered by the decoder, so what they mean is as well. */
const heads = new WeakMap<FieldList, RequestHead | string>();

/** @returns the head of a request, or what makes the block malformed (8.1.1). */
export function requestHead(list: FieldList): RequestHead | string {
  let head = heads.get(list);
  if (head === undefined) {
    head = parse(list);
    heads.set(list, head);
  }
  return head;
}

/** The value of a field; several of one name are one list (RFC 9110, 5.2). Undefined: there is none. */
export function fieldOf({ fields }: Pick<RequestHead, "fields">, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] !== name) continue;
    const value = fields[at + 1]!;
    found = found === undefined ? value : `${found},${value}`;
  }
  return found;
}

/** What makes the trailers of a request malformed; undefined: nothing does. */
export function trailersFault({ fields }: FieldList): string | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    const fault = regularFieldFault(fields[at]!, fields[at + 1]!);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const pseudoNames = new Set([":method", ":path", ":scheme", ":authority"]);

function parse({ fields, isTooLarge }: FieldList): RequestHead | string {
  const pseudo = new Map<string, string>();
  let at = 0;
  for (; at < fields.length && fields[at]!.startsWith(":"); at += 2) {
    const name = fields[at]!;
    if (!pseudoNames.has(name)) return `the pseudo-header field ${name} is not one of a request`;
    if (pseudo.has(name)) return `the pseudo-header field ${name} comes twice`;
    if (!isFieldValue(fields[at + 1]!)) return `the value of ${name} has characters that no field value has`;
    pseudo.set(name, fields[at + 1]!);
  }
  const regular = fields.slice(at);
  const fault = trailersFault({ fields: regular, isTooLarge });
  if (fault !== undefined) return fault;
  const [method, path, scheme] = [":method", ":path", ":scheme"].map((name) => pseudo.get(name) ?? "");
  // What was cut off may have had them.
  if (!isTooLarge && !(method && path && scheme)) return "a request needs :method, :path and :scheme";
  const contentLength = contentLengthOf(regular);
  if (contentLength === undefined) return "content-length is not one number";
  const authority = pseudo.get(":authority");
  return {
    method: method!,
    path: path!,
    scheme: scheme!,
    authority,
    fields: regular,
    contentLength,
    isTooLarge,
  };
}

/** RFC 9113, 8.2.2: they speak of a connection, of which HTTP/2 has its own. */
const connectionFields = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

function regularFieldFault(name: string, value: string): string | undefined {
  if (name.startsWith(":")) return `the pseudo-header field ${name} is out of place`;
  if (!isFieldName(name)) return "a field name has characters that no name in lower case has";
  if (!isFieldValue(value)) return `the value of ${name} has blanks at an end, or control characters`;
  if (connectionFields.has(name)) return `HTTP/2 has no field ${name}`;
  if (name === "te" && value !== "trailers") return "te may only be trailers";
  return undefined;
}

/** 8.2.1: visible ASCII without capitals. A colon was looked for before. */
function isFieldName(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || (code >= 0x41 && code <= 0x5a) || code === 0x3a) return false;
  }
  return name.length > 0;
}

/** 8.2.1, and RFC 9110, 5.5: no blanks at an end, and of control characters only the tabulator. */
function isFieldValue(value: string): boolean {
  if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))) return false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function contentLengthOf(fields: readonly string[]): number | undefined {
  const text = fieldOf({ fields }, "content-length");
  if (text === undefined) return -1;
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
