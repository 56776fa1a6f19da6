/** Addresses that begin alike. IPv4 is looked at as the part of IPv6 into which it is mapped: `::ffff:0:0/96`. */
export interface IpRange {
  /** Eight groups of 16 bits. */
  readonly groups: readonly number[];
  /** Of each group, the bits that count. */
  readonly masks: readonly number[];
}

/**
 * Reads `address` or `address/bits`, as IPAuthenticationProvider does; undefined for anything else. By hand, because
 * one list may have hundreds of them.
 */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const isIpv6 = address.includes(":");
  const groups = isIpv6 ? parseIpv6(address) : parseIpv4(address);
  if (groups === undefined) return undefined;
  const bits = slash === -1 ? allBits : (isIpv6 ? 0 : mappedBits) + parseBits(text.slice(slash + 1));
  if (!(bits <= allBits)) return undefined;
  const whole = isIpv6 ? groups : [0, 0, 0, 0, 0, 0xffff, ...groups];
  return { groups: whole, masks: whole.map((_, i) => maskOf(bits - 16 * i)) };
}

/** NaN for anything but one to three digits. */
function parseBits(text: string): number {
  return /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN;
}

/** The mask of a group of which this many bits from the left count. */
function maskOf(bits: number): number {
  return (0xffff << (16 - Math.min(16, Math.max(0, bits)))) & 0xffff;
}

/** Whether an address lies in a range. Lists may have hundreds of ranges, and each is looked at. */
export function isInRange({ groups: own }: IpRange, { groups, masks }: IpRange): boolean {
  for (let i = 0; i < groups.length; i++) if ((own[i]! ^ groups[i]!) & masks[i]!) return false;
  return true;
}

const allBits = 128;
const mappedBits = 96;

/** Four decimal numbers, as two groups. */
function parseIpv4(text: string): number[] | undefined {
  const parts = [0, 0, 0, 0];
  let part = 0;
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) {
      if (digits === 0 || ++part > 3) return undefined;
      digits = 0;
      continue;
    }
    const digit = code - zero;
    // No leading zeros: they mean octal to some.
    if (digit < 0 || digit > 9 || (digits > 0 && parts[part] === 0)) return undefined;
    parts[part] = parts[part]! * 10 + digit;
    digits++;
    if (parts[part]! > 255) return undefined;
  }
  if (part !== 3 || digits === 0) return undefined;
  return [parts[0]! * 256 + parts[1]!, parts[2]! * 256 + parts[3]!];
}

/** RFC 4291, 2.2, its last form included: `::ffff:10.0.0.1`. */
function parseIpv6(text: string): number[] | undefined {
  const groups: number[] = [];
  /** Where `::` stands for as many zeros as are missing. */
  let gap = text.startsWith("::") ? 0 : -1;
  for (let at = gap === 0 ? 2 : 0; at < text.length; ) {
    const begin = at;
    let value = 0;
    for (let digit = hexDigit(text, at); digit !== -1; digit = hexDigit(text, at)) {
      value = value * 16 + digit;
      if (++at - begin > 4) return undefined;
    }
    if (text.charCodeAt(at) === dot) {
      const last = parseIpv4(text.slice(begin));
      if (last === undefined) return undefined;
      groups.push(...last);
      break;
    }
    if (at === begin) return undefined;
    groups.push(value);
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== colon || at === text.length) return undefined;
    if (text.charCodeAt(at) !== colon) continue;
    if (gap !== -1) return undefined;
    gap = groups.length;
    at++;
  }
  if (gap === -1) return groups.length === 8 ? groups : undefined;
  const missing = 8 - groups.length;
  return missing < 1 ? undefined : groups.toSpliced(gap, 0, ...Array<number>(missing).fill(0));
}

/** -1 if there is none. */
function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at) | 0x20;
  if (code >= letterA && code <= letterA + 5) return code - letterA + 10;
  const digit = text.charCodeAt(at) - zero;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

const dot = 0x2e;
const colon = 0x3a;
const zero = 0x30;
const letterA = 0x61;
