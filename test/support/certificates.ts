import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { runTool } from "./tools.ts";

/** A key and its certificate, as files in PEM. */
export interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** An authority that issues certificates with openssl, in a folder that goes with the test. */
export class Authority {
  readonly dir = mkdtempSync(join(tmpdir(), "corral-tls-"));
  readonly certFile: string;
  readonly #keyFile: string;
  #count = 0;

  constructor(subject = "/O=Acme/CN=Test authority") {
    onTestFinished(() => rmSync(this.dir, { recursive: true }));
    this.certFile = join(this.dir, "ca.pem");
    this.#keyFile = join(this.dir, "ca.key");
    const files = ["-keyout", this.#keyFile, "-out", this.certFile];
    runTool("openssl", ["req", "-x509", ...newKey, ...files, "-subj", subject, "-days", "2"], this.dir);
  }

  /** A certificate for localhost, or for a client by its subject. Negative days make one that has expired. */
  issue(subject = "/CN=localhost", days = 2): Pair {
    this.#count++;
    const name = join(this.dir, `pair${this.#count}`);
    const pair = { certFile: `${name}.pem`, keyFile: `${name}.key` };
    const request = [
      "req",
      ...newKey,
      "-keyout",
      pair.keyFile,
      "-out",
      `${name}.csr`,
      "-utf8",
      "-subj",
      subject,
    ];
    runTool("openssl", request, this.dir);
    writeFileSync(`${name}.ext`, "subjectAltName=DNS:localhost,IP:127.0.0.1");
    const issuer = ["-CA", this.certFile, "-CAkey", this.#keyFile, "-CAcreateserial", "-days", String(days)];
    const out = ["-extfile", `${name}.ext`, "-out", pair.certFile];
    runTool("openssl", ["x509", "-req", "-in", `${name}.csr`, ...issuer, ...out], this.dir);
    return pair;
  }

  /** A list that says which of its certificates no longer hold, in PEM. */
  revocationList(...revoked: readonly Pair[]): string {
    const file = (name: string, text: string) => {
      const path = join(this.dir, name);
      writeFileSync(path, text);
      return path;
    };
    const database = file("index.txt", "");
    const config = file(
      "ca.cnf",
      `[ca]\ndefault_ca=own\n[own]\ndatabase=${database}\ndefault_md=sha256\ndefault_crl_days=2\n`,
    );
    const own = ["ca", "-config", config, "-cert", this.certFile, "-keyfile", this.#keyFile];
    for (const { certFile } of revoked) runTool("openssl", [...own, "-revoke", certFile], this.dir);
    const list = join(this.dir, "crl.pem");
    runTool("openssl", [...own, "-gencrl", "-out", list], this.dir);
    return readFileSync(list, "utf8");
  }

  /** How a client trusts this authority, and shows a certificate if it has one. */
  channel(pair?: Pair) {
    const ca = readFileSync(this.certFile);
    if (pair === undefined) return credentials.createSsl(ca);
    return credentials.createSsl(ca, readFileSync(pair.keyFile), readFileSync(pair.certFile));
  }
}
