import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { causeTimeoutMs } from "./limits.ts";
import type { Target } from "./target.ts";

/** Looks why none of the endpoints could be reached, and says what to do. */
export async function whyUnreachable({ endpoints, tls }: Target): Promise<string> {
  const causes = await Promise.all(endpoints.map(async (one) => `${one} ${await causeOf(one, tls)}`));
  return causes.join("; ");
}

/** The same if all of them refuse connections: no server is there, and waiting is for those who know of one. */
export async function refusal({ endpoints, tls }: Target): Promise<string | undefined> {
  const causes = await Promise.all(endpoints.map((one) => causeOf(one, tls)));
  if (causes.some((cause) => cause !== refuses)) return undefined;
  return endpoints.map((one) => `${one} ${refuses}`).join("; ");
}

const refuses = "refuses connections; is the server running? `corral serve` starts one";

function causeOf(endpoint: string, tls: Target["tls"]): Promise<string> {
  const at = endpoint.lastIndexOf(":");
  const host = endpoint.slice(0, at).replaceAll(/[[\]]/g, "");
  const port = Number(endpoint.slice(at + 1));
  return new Promise((resolve) => {
    const socket: Socket =
      tls === undefined
        ? connectTcp({ host, port })
        : connectTls({
            host,
            port,
            ...tls,
            ALPNProtocols: ["h2"],
            ...(isIP(host) === 0 ? { servername: host } : {}),
          });
    const settle = (cause: string) => {
      socket.destroy();
      resolve(cause);
    };
    socket.setTimeout(causeTimeoutMs, () => settle("does not answer; is the address right?"));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(told(error)));
    socket.once(tls === undefined ? "connect" : "secureConnect", () =>
      settle(`is there but does not speak gRPC${tls === undefined ? " in clear; try --tls" : ""}`),
    );
  });
}

function told({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ECONNREFUSED") return refuses;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "is no name that is known; check --endpoint";
  if (/certificate|CERT_|issuer/i.test(`${code} ${message}`))
    return `has a certificate that is not trusted (${message}); check --ca-file`;
  return `cannot be reached (${message}); check --endpoint and --tls`;
}
