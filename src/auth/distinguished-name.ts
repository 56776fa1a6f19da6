import { isUtf8 } from "node:buffer";

/**
 * The subject of a certificate as ZooKeeper writes it, which is as Java's X500Principal.getName() does: RFC 2253,
 * the last part first, `CN=provider,O=Acme`. Node shows subjects in a form of its own, which cannot be told apart
 * from a value with a line break; so it is read from the certificate itself.
 * @throws RangeError for what is not DER
 */
export function subjectOf(certificate: Uint8Array): string {
  const tbs = child(new Element(Buffer.from(certificate), 0), 0);
  // The version is optional; then come serial number, algorithm, issuer, validity and subject (RFC 5280, 4.1).
  const subject = child(tbs, child(tbs, 0).tag === contextTag ? 5 : 4);
  return childrenOf(subject).reverse().map(relativeName).join(",");
}

const contextTag = 0xa0;

/** A value in DER (ITU-T X.690). The certificates that come here have been parsed by OpenSSL before. */
class Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
  readonly #bytes: Buffer;
  readonly #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.tag = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    if (short === 128 || short > 132) throw new RangeError("a length that DER does not have");
    const lengthBytes = short < 128 ? 0 : short - 128;
    this.start = at + 2 + lengthBytes;
    this.end = this.start + (lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes));
    if (this.end > bytes.length) throw new RangeError("the certificate ends too early");
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  get content(): Buffer {
    return this.#bytes.subarray(this.start, this.end);
  }

  get whole(): Buffer {
    return this.#bytes.subarray(this.#at, this.end);
  }
}

function childrenOf(element: Element): Element[] {
  const children: Element[] = [];
  for (let at = element.start; at < element.end; at = children.at(-1)!.end) {
    children.push(new Element(element.bytes, at));
  }
  return children;
}

function child(element: Element, index: number): Element {
  const found = childrenOf(element)[index];
  if (found === undefined) throw new RangeError("a part of the certificate is missing");
  return found;
}

/** The attributes that RFC 2253 has names for. */
const names: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.6": "C",
  "2.5.4.9": "STREET",
  "0.9.2342.19200300.100.1.25": "DC",
  "0.9.2342.19200300.100.1.1": "UID",
};

function relativeName(set: Element): string {
  return childrenOf(set).map(attribute).join("+");
}

function attribute(sequence: Element): string {
  const value = child(sequence, 1);
  const oid = oidOf(child(sequence, 0).content);
  const text = textOf(value);
  const name = names[oid];
  if (name === undefined || text === undefined) return `${name ?? oid}=#${value.whole.toString("hex")}`;
  return `${name}=${escaped(text)}`;
}

function oidOf(content: Buffer): string {
  const arcs: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 127);
    if (byte & 128) continue;
    arcs.push(value);
    value = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join(".");
}

/** The kinds of strings that names are made of. */
function textOf({ tag, content }: Element): string | undefined {
  switch (tag) {
    case 0x0c: // UTF8String
      return isUtf8(content) ? content.toString("utf8") : undefined;
    case 0x13: // PrintableString
    case 0x16: // IA5String
    case 0x14: // TeletexString, in practice Latin-1
      return content.toString("latin1");
    case 0x1e: // BMPString
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString("utf16le") : undefined;
    default:
      return undefined;
  }
}

/** What RFC 2253 asks for, and "=" and "#" everywhere, as Java has it. */
function escaped(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start]!)) start++;
  while (end > start && isBlank(text[end - 1]!)) end--;
  const inside = text
    .slice(start, end)
    .replace(/[,=+<>#;"\\]/g, "\\$&")
    .replaceAll("\0", "\\00");
  return quoted(text.slice(0, start)) + inside + quoted(text.slice(end));
}

function isBlank(char: string): boolean {
  return char === " " || char === "\n" || char === "\r";
}

function quoted(text: string): string {
  return text.replace(/./gs, "\\$&");
}
