/**
 * Who somebody is, as far as it was proven: ZooKeeper's Id. Schemes: `ip` (an address), `digest`
 * (`user:base64(SHA1(user:password))`), `x509` (the subject of a certificate), `jwt` (the subject of a token),
 * and `super`, who may do anything.
 */
export interface Identity {
  readonly scheme: string;
  readonly id: string;
}

/** For logs and messages: a digest's hash is not for them. */
export function nameOf({ scheme, id }: Identity): string {
  return scheme === "digest" ? id.slice(0, id.lastIndexOf(":")) : id;
}

/** For other eyes: without the hash of a password, as in ZooKeeper's getACL. */
export function masked(identity: Identity): Identity {
  const { scheme, id } = identity;
  return scheme === "digest" ? { scheme, id: `${id.split(":")[0]}:x` } : { scheme, id };
}
