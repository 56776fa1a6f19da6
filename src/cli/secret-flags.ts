// No imports: it runs before anything else does.

/** Flags whose value may be a secret. */
const secretFlags = ["--user", "--token", "--super-digest"];

/**
 * A command line as others on this machine may see it; undefined if there is nothing to hide. Of `--user NAME:PASSWORD`
 * the name stays.
 */
export function withoutSecrets(args: readonly string[]): readonly string[] | undefined {
  let hidden = false;
  const hide = (flag: string, value: string) => {
    if (flag === "--user" && !value.includes(":")) return value;
    hidden = true;
    return flag === "--user" ? `${value.slice(0, value.indexOf(":"))}:*` : "*";
  };
  const shown = args.map((arg, at) => {
    const before = args[at - 1];
    if (before !== undefined && secretFlags.includes(before)) return hide(before, arg);
    const equals = arg.indexOf("=");
    const flag = equals === -1 ? "" : arg.slice(0, equals);
    return secretFlags.includes(flag) ? `${flag}=${hide(flag, arg.slice(equals + 1))}` : arg;
  });
  return hidden ? shown : undefined;
}
