import type { FlagSpecs } from "./flags.ts";

/** The flags of every verb that talks to a server; they may also stand before the verb. */
export const connectionFlags = {
  endpoint: {
    kind: "text",
    value: "HOST:PORT[,HOST:PORT]",
    help: "Where the server is; 127.0.0.1:7181 by default. Of several, each is tried.",
  },
  timeout: {
    kind: "duration",
    value: "TIME",
    help: "How long the server may take, such as 500ms or 5s; 5s by default.",
  },
  retry: {
    kind: "switch",
    help: "Wait that long for a server that refuses connections, too, such as one that just starts.",
  },
  output: { kind: "text", short: "o", value: "table|json|ndjson", help: "How to print; table by default." },
  context: {
    kind: "text",
    value: "NAME",
    completes: "context",
    help: "Take what is not given from this context of contexts.toml.",
  },
  user: {
    kind: "text",
    value: "NAME",
    help: "Who you are; you are asked for the password. NAME:PASSWORD can be read by others for a moment: `ps`.",
  },
  passwordFile: { kind: "text", value: "FILE", help: "The password, instead; or in CORRAL_PASSWORD." },
  tokenFile: {
    kind: "text",
    value: "FILE",
    help: "A JSON Web Token that says who you are; it is read again while the verb runs.",
  },
  token: {
    kind: "text",
    value: "TOKEN",
    help: "The same on the command line: see --user. Better in CORRAL_TOKEN.",
  },
  tls: { kind: "switch", help: "Speak TLS; so does each of the next three." },
  caFile: { kind: "text", value: "FILE", help: "Whom to trust, in PEM; what the system trusts by default." },
  certFile: { kind: "text", value: "FILE", help: "Your certificate, in PEM." },
  keyFile: { kind: "text", value: "FILE", help: "Its key, in PEM." },
} as const satisfies FlagSpecs;

export type ConnectionFlags = typeof connectionFlags;
