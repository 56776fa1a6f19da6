import fc from "fast-check";
import { expect, test } from "vitest";
import { PlainBody } from "../../src/grpc/adapter/plain-body.ts";
import { framed } from "../support/raw-call.ts";

/** What arrived, cut into pieces of these lengths and a last one with the rest. */
function bodyOf(bytes: Buffer, lengths: readonly number[]): PlainBody {
  const body = new PlainBody();
  let at = 0;
  for (const length of lengths) {
    body.add(bytes.subarray(at, at + length));
    at += length;
  }
  body.add(bytes.subarray(at));
  return body;
}

test("a message is the same however it is cut, and what was cut is left as it is", () => {
  const message = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(message, fc.array(fc.nat(40)), (sent, lengths) => {
      const bytes = framed(sent);
      const before = Buffer.from(bytes);
      const body = bodyOf(bytes, lengths);
      expect(body.announcedBytes).toBe(sent.length);
      expect(body.isTooLong).toBe(false);
      expect([...body.message()!]).toEqual([...sent]);
      expect(bytes).toEqual(before);
    }),
  );
});

test("there is no message before its last byte, and none with a byte too many", () => {
  const bytes = framed(Buffer.from("twenty"));
  for (let length = 0; length < bytes.length; length++)
    expect(bodyOf(bytes.subarray(0, length), []).message()).toBeUndefined();
  const tooLong = bodyOf(Buffer.concat([bytes, Buffer.alloc(1)]), [bytes.length]);
  expect(tooLong.message()).toBeUndefined();
  expect(tooLong.isTooLong).toBe(true);
});
