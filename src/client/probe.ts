import { createSecureContext } from "node:tls";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/ts/grpc/health/v1/health_pb.js";
import { systemClock } from "./clock.ts";
import { CorralError } from "./errors.ts";
import { Link } from "./link.ts";

/** What a server says of itself. */
export interface ServerHealth {
  /** It takes calls. */
  readonly serving: boolean;
  /** The last change that it shows; undefined if it does not tell that to a stranger. */
  readonly zxid: number | undefined;
}

export interface ProbeOptions {
  /** "host:port". */
  readonly endpoint: string;
  /** TLS: the certificates to know the server by, in PEM, its own or its issuers'; in clear when undefined. */
  readonly certificates?: Buffer | undefined;
  /** With TLS: a certificate to show, and its key, in PEM. */
  readonly own?: { readonly cert?: Buffer; readonly key?: Buffer } | undefined;
  /** How long all of it may take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Asks a server how it is, without a session and without credentials.
 * @throws CorralError CONNECTION_LOST or DEADLINE_EXCEEDED when it does not answer
 */
export async function probe({ endpoint, certificates, own, timeoutMs }: ProbeOptions): Promise<ServerHealth> {
  const link = new Link(endpoint, {
    credentials: credentialsFor(certificates, own),
    authorization: undefined,
    clock: systemClock,
    pipelineFrom: Number.POSITIVE_INFINITY,
  });
  const tired = new AbortController();
  const late = new CorralError("DEADLINE_EXCEEDED", `${endpoint} did not answer within ${timeoutMs} ms`);
  const cancel = systemClock.setTimeout(() => tired.abort(late), timeoutMs);
  const call = { signal: tired.signal };
  try {
    if (!(await link.connect(timeoutMs)))
      throw new CorralError("CONNECTION_LOST", `${endpoint} takes no connections`);
    const { status } = await link.unary(Health.method.check, {}, call);
    const zxid = await link.unary(Coordination.method.sync, {}, call).then(
      (answer) => Number(answer.zxid),
      (error) => (error === late ? Promise.reject(late) : undefined),
    );
    return { serving: status === Status.SERVING, zxid };
  } finally {
    cancel();
    link.close();
  }
}

/** The name in the certificate does not matter: it is the very certificate that is asked for. */
function credentialsFor(certificates: Buffer | undefined, own: ProbeOptions["own"]): ChannelCredentials {
  if (certificates === undefined) return credentials.createInsecure();
  const context = createSecureContext({ ...own, ca: certificates, allowPartialTrustChain: true });
  return credentials.createFromSecureContext(context, { checkServerIdentity: () => undefined });
}
