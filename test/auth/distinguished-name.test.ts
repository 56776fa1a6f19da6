import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { subjectOf } from "../../src/auth/distinguished-name.ts";
import { Authority } from "../support/certificates.ts";
import { skipUnless } from "../support/tools.ts";

skipUnless("openssl")("subjects of certificates, as Java writes them", () => {
  test.each([
    ["/CN=provider", "CN=provider"],
    [
      "/C=DE/ST=Berlin/L=Berlin/O=Acme/OU=Search/CN=provider",
      "CN=provider,OU=Search,O=Acme,L=Berlin,ST=Berlin,C=DE",
    ],
    ["/DC=com/DC=example/UID=ada", "UID=ada,DC=example,DC=com"],
    ['/O=Acme, Inc./CN=a+b;c<d>\\\\e"f\\=g#h', 'CN=a\\+b\\;c\\<d\\>\\\\e\\"f\\=g\\#h,O=Acme\\, Inc.'],
    ["/CN= blank ", "CN=\\ blank\\ "],
    ["/CN=line\nCN=other", "CN=line\nCN\\=other"],
    ["/CN=北京", "CN=北京"],
    ["/OU=a+OU=b/CN=c", /^CN=c,OU=[ab]\+OU=[ab]$/],
    // Java has no name for what RFC 2253 has none for.
    ["/CN=ada/emailAddress=a@b.c", "1.2.840.113549.1.9.1=#16056140622e63,CN=ada"],
    ["/CN=ada/serialNumber=7", "2.5.4.5=#130137,CN=ada"],
  ])("%j", (subject, expected) => {
    const { certFile } = new Authority().issue(
      subject.replaceAll("+", subject.includes("OU=a+") ? "+" : "\\+"),
    );
    const certificate = new X509Certificate(readFileSync(certFile));
    if (typeof expected === "string") expect(subjectOf(certificate.raw)).toBe(expected);
    else expect(subjectOf(certificate.raw)).toMatch(expected);
  });

  test("what is damaged is told as such, and as nothing else", () => {
    const { certFile } = new Authority().issue("/C=DE/O=Acme/CN=provider");
    const { raw } = new X509Certificate(readFileSync(certFile));
    for (let at = 0; at < raw.length; at++) {
      for (const byte of [0x00, 0x30, 0x7f, 0x80, 0x84, 0xff]) {
        const damaged = Buffer.from(raw);
        damaged[at] = byte;
        for (const bytes of [damaged, damaged.subarray(0, at + 1)])
          expect(faultOf(bytes)).toBeOneOf([undefined, "RangeError"]);
      }
    }
  });
});

/** The name of the error that a certificate leads to, if it does. */
function faultOf(certificate: Uint8Array): string | undefined {
  try {
    subjectOf(certificate);
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}
