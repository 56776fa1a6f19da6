/** Addresses that begin alike. IPv4 is looked at as the part of IPv6 into which it is mapped: `::ffff:0:0/96`. */
export interface IpRange {
  /** Eight groups of 16 bits. */
  readonly groups: readonly number[];
  /** How many bits from the left count. */
  readonly bits: number;
}

/** Reads `address` or `address/bits`, as IPAuthenticationProvider does; undefined for anything else. */
export function parseIpRange(text: string): IpRange | undefined {
  const [, address = "", bitsText] = /^([0-9A-Fa-f.:]+)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const groups = address.includes(":") ? parseIpv6(address) : parseIpv4(address, 6);
  if (groups === undefined) return undefined;
  const unused = address.includes(":") ? 0 : mappedBits;
  const bits = bitsText === undefined ? allBits : unused + Number(bitsText);
  return bits > allBits ? undefined : { groups, bits };
}

export function isInRange(address: string, { groups, bits }: IpRange): boolean {
  const own = parseIpRange(address)?.groups;
  if (own === undefined) return false;
  return groups.every((group, i) => {
    const counting = Math.min(16, Math.max(0, bits - 16 * i));
    const mask = (0xffff << (16 - counting)) & 0xffff;
    return ((own[i]! ^ group) & mask) === 0;
  });
}

const allBits = 128;
const mappedBits = 96;

/** Four decimal numbers, after `before` groups of the mapping's prefix. */
function parseIpv4(text: string, before: number): number[] | undefined {
  const parts = text.split(".");
  if (
    parts.length !== 4 ||
    !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
  ) {
    return undefined;
  }
  const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
  const prefix = before === 0 ? [] : [0, 0, 0, 0, 0, 0xffff];
  return [...prefix, a * 256 + b, c * 256 + d];
}

/** RFC 4291, 2.2, its last form included: `::ffff:10.0.0.1`. */
function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map(parseGroups);
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined;
  if (halves.length === 1) return left.length === 8 ? left : undefined;
  const missing = 8 - left.length - right!.length;
  return missing < 1 ? undefined : [...left, ...Array<number>(missing).fill(0), ...right!];
}

function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1)!;
  const dotted = last.includes(".") ? parseIpv4(last, 0) : [];
  const hex = last.includes(".") ? parts.slice(0, -1) : parts;
  if (dotted === undefined || !hex.every((part) => /^[0-9A-Fa-f]{1,4}$/.test(part))) return undefined;
  return [...hex.map((part) => Number.parseInt(part, 16)), ...dotted];
}
