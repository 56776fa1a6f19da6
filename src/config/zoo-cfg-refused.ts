import type { KeyGroup } from "./zoo-cfg-group.ts";

interface RefusedGroup extends KeyGroup {
  /** The values that ask for nothing which Corral does not do, in any case of letters; absent: none. */
  readonly harmless?: readonly string[];
}

const singleServer = "Corral is a single server, not an ensemble";
const whoIsLetIn = "Corral's own settings say who is let in: require_authentication and those beside it";
const providers = "org.apache.zookeeper.server.auth";

/** Keys whose loss would weaken a guarantee or the security that the file asks for: the server must not start. */
export const refusedKeys: readonly RefusedGroup[] = [
  {
    keys: ["forceSync"],
    harmless: ["yes", "true"],
    reason: "Corral syncs every write before it acknowledges it",
  },
  {
    keys: ["secureClientPort", "secureClientPortAddress", "ssl.*"],
    reason: "Corral's TLS takes files in PEM: --tls-cert-file and the flags beside it name them",
  },
  {
    keys: ["client.portUnification"],
    harmless: ["false"],
    reason: "Corral's port speaks TLS or plaintext, not both: --tls-cert-file switches TLS on",
  },
  { keys: ["fips-mode"], harmless: ["false"], reason: "Corral does not claim to follow FIPS" },
  {
    keys: ["sslQuorum", "sslQuorumReloadCertFiles", "portUnification", "quorum.auth.*"],
    harmless: ["false"],
    reason: singleServer,
  },
  { keys: ["ssl.quorum.*", "dynamicConfigFile", "group.*", "weight.*", "oraclePath"], reason: singleServer },
  { keys: ["peerType"], harmless: ["participant"], reason: singleServer },
  {
    keys: ["authProvider.*"],
    harmless: ["Digest", "IP", "X509"].map((name) => `${providers}.${name}AuthenticationProvider`),
    reason: whoIsLetIn,
  },
  { keys: ["sessionRequireClientSASLAuth", "enforce.auth.enabled"], harmless: ["false"], reason: whoIsLetIn },
  {
    keys: [
      "enforce.auth.schemes",
      "requireClientAuthScheme",
      "X509AuthenticationProvider.*",
      "superUser",
      "superUser.*",
      "ensembleAuthName",
    ],
    reason: whoIsLetIn,
  },
  {
    keys: ["DigestAuthenticationProvider.enabled"],
    harmless: ["true"],
    reason: "users by name and password, whom access lists may know by a digest, are always possible",
  },
  {
    keys: ["DigestAuthenticationProvider.digestAlg"],
    harmless: ["SHA1", "SHA-1"],
    reason: "digests in access lists are SHA-1",
  },
  {
    keys: ["IPAuthenticationProvider.usexforwardedfor"],
    harmless: ["false"],
    reason: "a client's address is that of its connection, whatever a header says",
  },
  {
    keys: ["allowSaslFailedClients", "requireKerberosConfig"],
    harmless: ["false"],
    reason: "Corral has no SASL",
  },
  {
    keys: [
      "kerberos.*",
      "security.auth_to_local",
      "sasl.*",
      "letAnySaslUserDoX",
      "SASLAuthenticationProvider.superPassword",
    ],
    reason: "Corral has no SASL",
  },
  { keys: ["skipACL"], harmless: ["no", "false"], reason: "Corral cannot be told to skip ACLs" },
  {
    keys: ["audit.enable"],
    harmless: ["false"],
    reason: "Corral's audit log needs a place: --audit-log names it",
  },
  {
    keys: ["admin.forceHttps", "admin.needClientAuth"],
    harmless: ["false"],
    reason: "Corral's port for operators (http_port) is plaintext, for anybody who reaches it",
  },
  {
    keys: ["jute.maxbuffer"],
    harmless: ["1048575", "1048576", "0xfffff"],
    reason: "a node holds 1 MiB of data in Corral, which cannot be changed",
  },
  {
    keys: ["datadir.autocreate"],
    harmless: ["true"],
    reason: "Corral creates a data directory that is missing",
  },
  { keys: ["db.autocreate"], harmless: ["true"], reason: "Corral creates a database that is missing" },
];
