import { readFileSync } from "node:fs";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { reasons } from "../src/core/refusal.ts";
import { codeOfReason } from "../src/grpc/status.ts";

test("docs/errors.md lists every reason with its code, and nothing else", () => {
  const text = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` +\| ([A-Z_]+) +\|/gm)].map(([, reason, code]) => [
    reason,
    code,
  ]);
  expect(rows.sort()).toEqual(reasons.map((reason) => [reason, status[codeOfReason[reason]]]).sort());
});
