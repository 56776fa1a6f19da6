import { readFileSync } from "node:fs";
import { status as codes, Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { ErrorReason, ErrorReasonSchema } from "../../gen/ts/corral/v1/errors_pb.js";
import { type Reason, type Refusal, reasons } from "../../src/core/refusal.ts";
import { trailersOf } from "../../src/frontends/grpc/status-block.ts";
import { codeOfReason, statusOfRefusal } from "../../src/grpc/status.ts";
import { rpcStatusOf } from "../support/rpc-client.ts";

/** The status of a refusal, as a client of grpc-js has it. */
function seenOf(refusal: Refusal) {
  const { code, message, details } = statusOfRefusal(refusal);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(details!));
  return rpcStatusOf({ code, details: message, metadata });
}

/** What clients of C and Python take in trailers unless they are told otherwise. */
const trailerBytesMax = 8_192;

test("the contract, the core and the table of codes list the same reasons", () => {
  const contract = ErrorReasonSchema.values
    .filter(({ number }) => number !== ErrorReason.UNSPECIFIED)
    .map(({ name }) => name.replace("ERROR_REASON_", ""));
  expect(contract.toSorted()).toEqual([...reasons].sort());
  expect(Object.keys(codeOfReason).sort()).toEqual([...reasons].sort());
});

test("each reason has the code that its comment in the contract names", () => {
  const proto = readFileSync(new URL("../../proto/corral/v1/errors.proto", import.meta.url), "utf8");
  const commented = proto.matchAll(/\/\/ ([A-Z_]+): [^=]*?ERROR_REASON_([A-Z_]+) = \d+;/g);
  const documented = Object.fromEntries([...commented].map(([, code, reason]) => [reason, code]));
  const table = Object.fromEntries(reasons.map((reason) => [reason, codes[codeOfReason[reason]]]));
  expect(documented).toEqual(table);
});

test.each(reasons)("%s travels with its details", (reason: Reason) => {
  const refusal = { reason, message: "why", facts: { path: "/a", limit: 3 }, field: "path" };
  expect(seenOf(refusal)).toMatchObject({
    code: codes[codeOfReason[reason]],
    message: "why",
    reason,
    domain: "corral",
    facts: { path: "/a", limit: "3" },
    field: "path",
  });
});

test("only where waiting helps, clients are told how long", () => {
  const waits = reasons.map((reason) => [reason, seenOf({ reason, message: "" }).retryMs]);
  expect(waits.filter(([, ms]) => ms !== undefined)).toEqual([
    ["OVERLOADED", 100],
    ["SHUTTING_DOWN", 1_000],
  ]);
});

test.each([
  ["wide characters", "\u5317".repeat(20_000)],
  ["surrogate pairs", "\u{1f40e}".repeat(10_000)],
  ["lone surrogates", "\ud800".repeat(20_000)],
  ["control characters", "\0\n%".repeat(7_000)],
])("whatever an error quotes, it can be sent and fits a trailer: %s", (_what, text) => {
  const status = statusOfRefusal({
    reason: "NO_NODE",
    message: text,
    facts: { path: text },
    field: "path",
  });
  expect(trailersOf(status).length).toBeLessThan(trailerBytesMax);
});
