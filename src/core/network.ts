import { parseIpRange } from "./ip-range.ts";

/**
 * What counts as one address where addresses have shares: an IPv4 address, or the first half of an IPv6 address,
 * since the smallest network that a client gets has 2^64 of them.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  // A zone belongs to this machine, not to the client.
  const [unzoned = ""] = address.split("%", 1);
  const groups = parseIpRange(unzoned)?.groups;
  if (groups === undefined) return address;
  if (groups.slice(0, 6).every((group, i) => group === (i === 5 ? 0xffff : 0))) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join(".");
  }
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(":")}::/64`;
}
