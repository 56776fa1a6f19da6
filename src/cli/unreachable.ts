import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { causeTimeoutMs } from "./limits.ts";
import type { Target } from "./target.ts";

/** Looks why none of the endpoints could be reached, and says what to do. */
export async function whyUnreachable(target: Target): Promise<string> {
  const causes = await Promise.all(
    target.endpoints.map(async (one) => `${one} ${await causeOf(one, target)}`),
  );
  return causes.join("; ");
}

/** The same if all of them refuse connections: no server is there, and waiting is for those who know of one. */
export async function refusal(target: Target): Promise<string | undefined> {
  const { endpoints } = target;
  const causes = await Promise.all(endpoints.map((one) => causeOf(one, target)));
  if (causes.some((cause) => cause !== refuses)) return undefined;
  return endpoints.map((one) => `${one} ${refuses}`).join("; ");
}

const refuses = "refuses connections; is the server running? `corral serve` starts one";

const mute = "accepts connections and says nothing: it is stopped or overloaded, or no Corral";

/** Connects, and begins to speak HTTP/2, of which a server that is there answers the first words at once. */
function causeOf(endpoint: string, { tls, timeoutMs }: Target): Promise<string> {
  return new Promise((resolve) => {
    const socket = open(endpoint, tls);
    const settle = (cause: string) => {
      socket.destroy();
      resolve(cause);
    };
    let connected = false;
    let heard = Buffer.alloc(0);
    socket.setTimeout(causeTimeoutMs, () =>
      settle(connected ? mute : "does not answer; is the address right?"),
    );
    socket.once("error", (error: NodeJS.ErrnoException) => settle(told(error)));
    socket.once("connect", () => {
      connected = true;
      // Its time begins anew: it is the server's now, and no longer that of the way to it.
      socket.setTimeout(causeTimeoutMs);
    });
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      if (socket instanceof TLSSocket && socket.alpnProtocol !== "h2") settle("speaks TLS, but not gRPC");
      else socket.write(greeting);
    });
    socket.on("data", (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length < frameHeadBytes) return;
      settle(
        isSettings(heard) ? `is there, and too slow for a time of ${timeoutMs} ms: --timeout` : noHttp2(tls),
      );
    });
    socket.once("close", () => settle(noHttp2(tls)));
  });
}

function open(endpoint: string, tls: Target["tls"]): Socket {
  const at = endpoint.lastIndexOf(":");
  const host = endpoint.slice(0, at).replaceAll(/[[\]]/g, "");
  const port = Number(endpoint.slice(at + 1));
  if (tls === undefined) return connectTcp({ host, port });
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host, port, ...tls, ALPNProtocols: ["h2"], ...name });
}

/** What a client of HTTP/2 says first, with a SETTINGS frame that sets nothing. */
const greeting = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0", "latin1");

const frameHeadBytes = 9;

/** Whether a server of HTTP/2 has begun to speak: its first frame is SETTINGS, on no stream. */
function isSettings(heard: Buffer): boolean {
  return heard[3] === 4 && heard.readUInt32BE(5) === 0;
}

function noHttp2(tls: Target["tls"]): string {
  if (tls === undefined) return "is there but does not speak gRPC in clear; try --tls";
  const own = tls.cert === undefined ? "; it may demand a certificate: --cert-file and --key-file" : "";
  return `ends the connection after the handshake${own}`;
}

function told({ code = "", message }: NodeJS.ErrnoException): string {
  if (code === "ECONNREFUSED") return refuses;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "is no name that is known; check --endpoint";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return `has a certificate for another name (${message}); check --endpoint`;
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return `has a certificate that is not valid now (${message}); who runs it has to renew it`;
  if (/ALERT/.test(code)) return `does not take this client (${code}); check --cert-file and --key-file`;
  if (
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code) ||
    /before secure TLS connection/.test(message)
  )
    return "is there but does not speak TLS; try without --tls and --ca-file";
  if (/certificate|CERT_|issuer/i.test(`${code} ${message}`))
    return `has a certificate that is not trusted (${message}); check --ca-file`;
  return `cannot be reached (${message}); check --endpoint and --tls`;
}
